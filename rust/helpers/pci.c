// SPDX-License-Identifier: GPL-2.0-only
// PCI: claiming a function with one BAR, its identity, register access.

#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/sysfs.h>
#include "helpers.h"

/* Managed: the driver core gives all of it back when the driver is unbound or probe fails. */
int rust_helper_pci_claim(struct pci_dev *pdev, int bar, void __iomem **regs, size_t *len)
{
	int err = pcim_enable_device(pdev);

	if (err)
		return err;
	if (!(pci_resource_flags(pdev, bar) & IORESOURCE_MEM))
		return -ENODEV;
	err = pcim_iomap_regions(pdev, BIT(bar), pci_name(pdev));
	if (err)
		return err;
	*regs = pcim_iomap_table(pdev)[bar];
	*len = pci_resource_len(pdev, bar);
	pci_set_master(pdev);
	return pci_save_state(pdev);
}

int rust_helper_pci_set_dma_mask(struct pci_dev *pdev, unsigned int bits)
{
	return dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(bits));
}

u16 rust_helper_pci_vendor(struct pci_dev *pdev)
{
	return pdev->vendor;
}

u16 rust_helper_pci_device(struct pci_dev *pdev)
{
	return pdev->device;
}

u16 rust_helper_pci_subsystem_vendor(struct pci_dev *pdev)
{
	return pdev->subsystem_vendor;
}

u16 rust_helper_pci_subsystem_device(struct pci_dev *pdev)
{
	return pdev->subsystem_device;
}

/* After the bus was reset: as the driver had it when it claimed the function. */
void rust_helper_pci_restore(struct pci_dev *pdev)
{
	pci_restore_state(pdev);
	/* Restoring forgets it. */
	pci_save_state(pdev);
	pci_set_master(pdev);
}

/* One attribute, readable by all, on each function that the driver has; there is one driver. */
void rust_helper_pci_driver_attribute(struct pci_driver *driver, const char *name,
				      ssize_t (*show)(struct device *dev, struct device_attribute *attr, char *buf))
{
	static struct device_attribute attribute;
	static struct attribute *attributes[] = { &attribute.attr, NULL };
	static const struct attribute_group group = { .attrs = attributes };
	static const struct attribute_group *groups[] = { &group, NULL };

	attribute.attr.name = name;
	attribute.attr.mode = 0444;
	attribute.show = show;
	driver->dev_groups = groups;
}

ssize_t rust_helper_sysfs_emit(char *buf, const char *line)
{
	return sysfs_emit(buf, "%s\n", line);
}

struct device *rust_helper_pci_dev_to_dev(struct pci_dev *pdev)
{
	return &pdev->dev;
}

u32 rust_helper_readl(const void __iomem *addr)
{
	return readl(addr);
}

void rust_helper_writel(u32 value, void __iomem *addr)
{
	writel(value, addr);
}

// SPDX-License-Identifier: GPL-2.0-only
// PCI: claiming a function with one BAR, its identity, register access.

#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/sysfs.h>
#include "helpers.h"

static void forget_state(struct device *dev, void *state)
{
	kfree(*(struct pci_saved_state **)state);
}

/*
 * The configuration as it is now, but without the bus: the driver says when it may have that. The PCI core's own copy is used up when the
 * function wakes.
 */
static int keep_state(struct pci_dev *pdev)
{
	struct pci_saved_state **state = devres_alloc(forget_state, sizeof(*state), GFP_KERNEL);

	if (!state)
		return -ENOMEM;
	pci_clear_master(pdev);
	pci_save_state(pdev);
	*state = pci_store_saved_state(pdev);
	devres_add(&pdev->dev, state);
	return *state ? 0 : -ENOMEM;
}

/* Managed: the driver core gives all of it back when the driver is unbound or probe fails. */
int rust_helper_pci_claim(struct pci_dev *pdev, int bar, bool bus_reset, void __iomem **regs, size_t *len)
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
	/* It may lose its power while the machine sleeps, so that it is always looked at when the machine wakes. */
	dev_pm_set_driver_flags(&pdev->dev, DPM_FLAG_NO_DIRECT_COMPLETE);
	/* A function that cannot be reset alone is reset by way of its bus otherwise. */
	if (!bus_reset)
		pdev->dev_flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
	return keep_state(pdev);
}

/* Some kernels have this function, some an inline one. */
int rust_helper_pci_alloc_msi(struct pci_dev *pdev, unsigned int most)
{
	return pci_alloc_irq_vectors(pdev, 1, most, PCI_IRQ_MSI);
}

int rust_helper_pci_set_dma_mask(struct pci_dev *pdev, unsigned int bits)
{
	return dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(bits));
}

/* Vendor, device, subsystem vendor, subsystem device. */
void rust_helper_pci_ids(const struct pci_dev *pdev, u16 ids[4])
{
	ids[0] = pdev->vendor;
	ids[1] = pdev->device;
	ids[2] = pdev->subsystem_vendor;
	ids[3] = pdev->subsystem_device;
}

/* One function at a time, which its driver loses and gets back. The lock is taken alone. */
static DEFINE_SPINLOCK(rebind_lock);
static struct device *rebound;
static struct device_driver *rebound_driver;
static u32 rebound_info;
static bool rebinding_stopped;

static void rebind(struct work_struct *work)
{
	struct device *dev = rebound;

	if (dev->driver == rebound_driver) {
		device_release_driver(dev);
		if (device_driver_attach(rebound_driver, dev))
			rust_helper_dev_printk('4', dev, "not bound again");
	}
	WRITE_ONCE(rebound, NULL);
	put_device(dev);
}

static DECLARE_DELAYED_WORK(rebind_work, rebind);

/* In the background. The probe is told info. */
int rust_helper_pci_rebind(struct pci_dev *pdev, u32 info)
{
	bool busy;

	spin_lock_bh(&rebind_lock);
	busy = rebound || rebinding_stopped;
	if (!busy) {
		rebound = get_device(&pdev->dev);
		rebound_driver = pdev->dev.driver;
		rebound_info = info;
		/* Freezable: nothing is bound while the machine goes to sleep. */
		rust_helper_periodic_work_queue(&rebind_work, 0, true);
	}
	spin_unlock_bh(&rebind_lock);
	return busy ? -EBUSY : 0;
}

/* The info of a function that is being bound again; negative of one that is bound for itself. */
int rust_helper_pci_rebound(const struct pci_dev *pdev)
{
	return READ_ONCE(rebound) == &pdev->dev ? rebound_info : -ENOENT;
}

/* Waits for one under way; none begins after that. */
void rust_helper_pci_stop_rebinding(void)
{
	spin_lock_bh(&rebind_lock);
	rebinding_stopped = true;
	spin_unlock_bh(&rebind_lock);
	rust_helper_periodic_work_cancel(&rebind_work);
	put_device(rebound); /* of one that was still to come */
}

/* After the bus was reset: as the driver had it when it claimed the function. */
void rust_helper_pci_restore(struct pci_dev *pdev)
{
	struct pci_saved_state **state = devres_find(&pdev->dev, forget_state, NULL, NULL);

	if (state && !pci_load_saved_state(pdev, *state))
		pci_restore_state(pdev);
}

void rust_helper_pci_sleep(struct pci_driver *driver, const struct dev_pm_ops *ops)
{
	driver->driver.pm = ops;
}

/* From the end of probe on, if the function can wake the machine from there; the user has to allow it, too. */
void rust_helper_pci_allow_sleep(struct pci_dev *pdev, u32 idle_ms)
{
	if (!pci_pme_capable(pdev, PCI_D3hot))
		return;
	pm_runtime_set_autosuspend_delay(&pdev->dev, idle_ms);
	pm_runtime_use_autosuspend(&pdev->dev);
	pm_runtime_mark_last_busy(&pdev->dev);
	/* The PCI core's, which it has from before probe to after removal. */
	pm_runtime_put_noidle(&pdev->dev);
}

void rust_helper_pci_forbid_sleep(struct pci_dev *pdev)
{
	if (pci_pme_capable(pdev, PCI_D3hot))
		pm_runtime_get_noresume(&pdev->dev);
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

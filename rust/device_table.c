// SPDX-License-Identifier: GPL-2.0-only
// Compiled for the name of the symbol that MODULE_DEVICE_TABLE makes in this kernel; Kbuild gives it to the Rust table.
#include <linux/module.h>
#include <linux/pci.h>

const struct pci_device_id rmnet_mhi_pci_ids[1];
MODULE_DEVICE_TABLE(pci, rmnet_mhi_pci_ids);

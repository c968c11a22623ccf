// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makes an object a module: entry points and .modinfo. Both entry points are defined in Rust.
 */
#include <linux/module.h>

int rmnet_mhi_init(struct module *module);
void rmnet_mhi_exit(void);

static int __init module_enter(void)
{
	return rmnet_mhi_init(THIS_MODULE);
}

static void __exit module_leave(void)
{
	rmnet_mhi_exit();
}

module_init(module_enter);
module_exit(module_leave);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The rmnet_mhi authors");
MODULE_DESCRIPTION("Quectel 5G modems over PCIe (MHI) with a QMAP muxer");
MODULE_VERSION(RMNET_MHI_VERSION);

// SPDX-License-Identifier: GPL-2.0-only
// Modem Host Interface bus.

#include <linux/bitfield.h>
#include <linux/devcoredump.h>
#include <linux/mhi.h>
#include <linux/moduleparam.h>
#include "helpers.h"

/* From drivers/bus/mhi: common.h, host/internal.h, host/pci_generic.c. */
#define CHDBOFF 0x18
#define MHISTATUS 0x48
#define MHISTATUS_MHISTATE GENMASK(15, 8)
#define SOC_RESET 0xb0
#define EDL_DOORBELL 91
#define EDL_COOKIE 0xedededed

/* Kernels that have no place for it (6.6) do not use it either. */
void rust_helper_mhi_set_name(struct mhi_controller *mhi_cntrl, const char *name)
{
#ifdef RMNET_MHI_HAVE_NAME
	mhi_cntrl->name = name;
#endif
}

/* Where the bus has no timeout of its own for READY (6.6), it waits for timeout_ms. */
void rust_helper_mhi_set_ready_timeout(struct mhi_controller_config *config, u32 ms)
{
#ifdef RMNET_MHI_HAVE_READY_TIMEOUT
	config->ready_timeout_ms = ms;
#endif
}

/* Once an uplink callback returns, the bus takes a packet and a reference back that nobody has given it. */
void rust_helper_mhi_disown(struct mhi_device *mhi_dev)
{
	struct mhi_controller *mhi_cntrl = mhi_dev->mhi_cntrl;

	atomic_inc(&mhi_cntrl->pending_pkts);
	mhi_cntrl->runtime_get(mhi_cntrl);
}

/* From drivers/bus/mhi/host/internal.h. Above it: the bus takes the modem for lost, up to 6.7 for stopped, too. */
#define MHI_PM_M3 BIT(5)
#define MHI_PM_SYS_ERR_PROCESS BIT(9)

/* Whether the bus, told to power the modem down gracefully, tells the modem, which is powered up. */
bool rust_helper_mhi_will_reset(const struct mhi_controller *mhi_cntrl)
{
	u32 state = READ_ONCE(mhi_cntrl->pm_state);

	return state != MHI_PM_M3 && state <= MHI_PM_SYS_ERR_PROCESS;
}

/* Lets the driver with this function remove the channels, if it has them. It stays bound, and does nothing when it is called again. */
void rust_helper_mhi_release(struct mhi_device *mhi_dev, void (*remove)(struct mhi_device *mhi_dev))
{
	const struct device_driver *driver;

	device_lock(&mhi_dev->dev);
	driver = mhi_dev->dev.driver;
	if (driver && container_of(driver, struct mhi_driver, driver)->remove == remove)
		remove(mhi_dev);
	device_unlock(&mhi_dev->dev);
}

static void (*channel_appeared)(struct mhi_device *mhi_dev);

/* The bus tells of a device before it looks for a driver. */
static int bus_event(struct notifier_block *block, unsigned long event, void *data)
{
	struct device *dev = data;
	struct mhi_device *mhi_dev = to_mhi_device(dev);

	if (event == BUS_NOTIFY_ADD_DEVICE && mhi_dev->dev_type == MHI_DEVICE_XFER)
		channel_appeared(mhi_dev);
	return NOTIFY_DONE;
}

static struct notifier_block bus_events = { .notifier_call = bus_event };

/* Newer kernels have it const, here and as an argument. */
static typeof_member(struct device_driver, bus) bus;

/* The bus is that of a registered driver. */
int rust_helper_mhi_watch(const struct mhi_driver *driver, void (*appeared)(struct mhi_device *mhi_dev))
{
	channel_appeared = appeared;
	bus = driver->driver.bus;
	return bus_register_notifier(bus, &bus_events);
}

void rust_helper_mhi_unwatch(void)
{
	bus_unregister_notifier(bus, &bus_events);
}

/*
 * Starts and resets channels that no driver has: whether the modem refuses to. The bus has the same error for no answer in time, and for
 * a modem that has crashed.
 */
bool rust_helper_mhi_refused(struct mhi_device *mhi_dev)
{
	struct mhi_controller *mhi_cntrl = mhi_dev->mhi_cntrl;
	unsigned long end = jiffies + msecs_to_jiffies(mhi_cntrl->timeout_ms);
	u32 status = ~0;
	int error = mhi_prepare_for_transfer(mhi_dev);

	if (!error) {
		mhi_unprepare_from_transfer(mhi_dev);
		return false;
	}
	/* No memory, or the host side is going down: that says nothing of the modem. */
	if (error != -EIO || mhi_cntrl->ee != MHI_EE_AMSS)
		return false;
	mhi_cntrl->read_reg(mhi_cntrl, mhi_cntrl->regs + MHISTATUS, &status);
	status = FIELD_GET(MHISTATUS_MHISTATE, status);
	return time_before(jiffies, end) && status >= MHI_STATE_M0 && status <= MHI_STATE_M2;
}

static const char *const modes[] = { "auto", "qmi", "mbim" };
static unsigned int mode;

static int mode_set(const char *value, const struct kernel_param *param)
{
	int found = sysfs_match_string(modes, value);

	if (found < 0) {
		pr_err("rmnet_mhi: mode is auto, qmi or mbim\n");
		return found;
	}
	mode = found;
	return 0;
}

static int mode_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", modes[mode]);
}

static const struct kernel_param_ops mode_ops = { .set = mode_set, .get = mode_get };

module_param_cb(mode, &mode_ops, NULL, 0444);
MODULE_PARM_DESC(mode, "What the modems speak: qmi, mbim, or auto, which finds out");

/* 0 if it is to be found out, then as above. */
unsigned int rust_helper_mode(void)
{
	return mode;
}

static bool crash_dump;

#ifdef CONFIG_DEV_COREDUMP
module_param(crash_dump, bool, 0644);
#else
static int crash_dump_set(const char *value, const struct kernel_param *param)
{
	int error = param_set_bool(value, param);

	if (!error && crash_dump) {
		crash_dump = false;
		pr_warn("rmnet_mhi: crash_dump stays off: this kernel has no CONFIG_DEV_COREDUMP\n");
	}
	return error;
}

static const struct kernel_param_ops crash_dump_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = crash_dump_set,
	.get = param_get_bool,
};

module_param_cb(crash_dump, &crash_dump_ops, &crash_dump, 0644);
#endif
MODULE_PARM_DESC(crash_dump, "Collect the memory image of a crashed modem as a devcoredump (from its next start on; default off)");

bool rust_helper_crash_dump(void)
{
	return READ_ONCE(crash_dump);
}

/* Where the bus left the image that the modem has written, for userspace to fetch: the bytes, or a negative error. */
ssize_t rust_helper_mhi_give_dump(struct mhi_controller *mhi_cntrl)
{
	const struct image_info *image = mhi_cntrl->rddm_image;
	size_t size = 0;
	u8 *copy;
	u32 i;

	if (!image || !image->entries)
		return -ENODATA;
	for (i = 0; i < image->entries - 1; i++) /* the last one is the vector */
		size += image->mhi_buf[i].len;
	copy = vmalloc(size);
	if (!copy)
		return -ENOMEM;
	size = 0;
	for (i = 0; i < image->entries - 1; i++) {
		memcpy(copy + size, image->mhi_buf[i].buf, image->mhi_buf[i].len);
		size += image->mhi_buf[i].len;
	}
	dev_coredumpv(mhi_cntrl->cntrl_dev, copy, size, GFP_KERNEL); /* frees it */
	return size;
}

#ifdef RMNET_MHI_HAVE_EDL_TRIGGER
/* The doorbell tells the modem's boot loader, which the reset starts, to wait for a flash programmer. */
static int trigger_edl(struct mhi_controller *mhi_cntrl)
{
	void __iomem *doorbell;
	u32 offset;
	int error;

	if (!mhi_cntrl->wake_get) /* the bus sets it when the modem is powered up for the first time, and then calls it */
		return -ENODEV;
	error = mhi_device_get_sync(mhi_cntrl->mhi_dev);
	if (error)
		return error;
	mhi_cntrl->runtime_get(mhi_cntrl);
	error = mhi_cntrl->read_reg(mhi_cntrl, mhi_cntrl->regs + CHDBOFF, &offset);
	if (!error) {
		/* write_reg refuses what is outside the BAR. */
		doorbell = mhi_cntrl->regs + offset + 8 * EDL_DOORBELL;
		mhi_cntrl->write_reg(mhi_cntrl, doorbell + 4, 0);
		mhi_cntrl->write_reg(mhi_cntrl, doorbell, EDL_COOKIE);
	}
	/* The host side goes down soon after the reset, and nobody may keep the modem awake then. */
	mhi_device_put(mhi_cntrl->mhi_dev);
	if (!error)
		mhi_cntrl->write_reg(mhi_cntrl, mhi_cntrl->regs + SOC_RESET, 1);
	mhi_cntrl->runtime_put(mhi_cntrl);
	return error;
}
#endif

/* Where the bus has no trigger_edl in sysfs (6.6), a modem comes to emergency download by other ways only. */
void rust_helper_mhi_set_edl(struct mhi_controller *mhi_cntrl, const char *image)
{
	mhi_cntrl->edl_image = image;
#ifdef RMNET_MHI_HAVE_EDL_TRIGGER
	mhi_cntrl->edl_trigger = trigger_edl;
#endif
}

// SPDX-License-Identifier: GPL-2.0-only
// struct device: references, driver data, runtime power management.

#include <linux/device.h>
#include <linux/pm_runtime.h>
#include "helpers.h"

struct device *rust_helper_get_device(struct device *dev)
{
	return get_device(dev);
}

void rust_helper_put_device(struct device *dev)
{
	put_device(dev);
}

/* An uevent of kind "change" with one variable, NAME=VALUE. */
int rust_helper_device_announce(struct device *dev, const char *variable)
{
	char *environment[] = { (char *)variable, NULL };

	return kobject_uevent_env(&dev->kobj, KOBJ_CHANGE, environment);
}

bool rust_helper_device_is_registered(struct device *dev)
{
	return device_is_registered(dev);
}

void *rust_helper_dev_get_drvdata(const struct device *dev)
{
	return dev_get_drvdata(dev);
}

void rust_helper_dev_set_drvdata(struct device *dev, void *data)
{
	dev_set_drvdata(dev, data);
}

int rust_helper_pm_runtime_get(struct device *dev)
{
	return pm_runtime_get(dev);
}

void rust_helper_pm_runtime_put(struct device *dev)
{
	pm_runtime_mark_last_busy(dev);
	pm_runtime_put(dev);
}

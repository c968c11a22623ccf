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

/* An uevent of kind "change" with one variable, of 63 characters at most. */
int rust_helper_device_announce(struct device *dev, const char *name, const char *value)
{
	char variable[64];
	char *environment[] = { variable, NULL };

	snprintf(variable, sizeof(variable), "%s=%s", name, value);
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

/* Without the header's names for it: some kernels' mark the device as used, others' do not. */
static void let_sleep(struct device *dev)
{
	__pm_runtime_suspend(dev, RPM_GET_PUT | RPM_ASYNC | RPM_AUTO);
}

/* It has been used: its delay begins anew. */
void rust_helper_pm_runtime_put(struct device *dev)
{
	pm_runtime_mark_last_busy(dev);
	let_sleep(dev);
}

/* Keeps a device awake that is; false if it sleeps, or is on its way to or from it. */
bool rust_helper_pm_keep_awake(struct device *dev)
{
#ifdef RMNET_MHI_GET_IF_ACTIVE_ASKS /* before 6.9 */
	int awake = pm_runtime_get_if_active(dev, true);
#else
	int awake = pm_runtime_get_if_active(dev);
#endif

	if (awake < 0) /* it never sleeps */
		pm_runtime_get_noresume(dev);
	return awake != 0;
}

/* Undoes that, which was no use of the device: it sleeps no later than it would have. */
void rust_helper_pm_let_sleep(struct device *dev)
{
	let_sleep(dev);
}

// SPDX-License-Identifier: GPL-2.0-only
// Printing, with a level as a character ('3' error ... '7' debug).

#include <linux/dev_printk.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include "helpers.h"

void rust_helper_dev_printk(char level, const struct device *dev, const char *format, ...)
{
	char prefix[] = { KERN_SOH_ASCII, level, '\0' };
	struct va_format vaf;
	va_list args;

	va_start(args, format);
	vaf.fmt = format;
	vaf.va = &args;
	_dev_printk(prefix, dev, "%pV", &vaf);
	va_end(args);
}

void rust_helper_printk(char level, const char *format, ...)
{
	struct va_format vaf;
	va_list args;

	va_start(args, format);
	vaf.fmt = format;
	vaf.va = &args;
	_printk(KERN_SOH "%crmnet_mhi: %pV", level, &vaf);
	va_end(args);
}

bool rust_helper_ratelimit(void)
{
	static DEFINE_RATELIMIT_STATE(state, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);

	return __ratelimit(&state);
}

void rust_helper_panic(const char *message)
{
	pr_emerg("rmnet_mhi: %s\n", message);
	BUG();
}

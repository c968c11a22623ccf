// SPDX-License-Identifier: GPL-2.0-only
// Delays.

#include <linux/delay.h>
#include "helpers.h"

void rust_helper_sleep_ms(u32 ms)
{
	msleep(ms);
}

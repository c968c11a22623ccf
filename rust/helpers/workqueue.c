// SPDX-License-Identifier: GPL-2.0-only
// Work that is done again and again.

#include <linux/jiffies.h>
#include <linux/workqueue.h>
#include "helpers.h"

void rust_helper_periodic_work_init(struct delayed_work *work, void (*run)(struct work_struct *work), bool wakes)
{
	if (wakes)
		INIT_DELAYED_WORK(work, run);
	else
		INIT_DEFERRABLE_WORK(work, run);
}

/*
 * Not freezable, since a run may take longer than the freezer waits: who does the work stops it for the machine's sleep, and has it come
 * after that once all devices are awake (thawed).
 */
void rust_helper_periodic_work_queue(struct delayed_work *work, u32 period_ms, bool thawed)
{
	queue_delayed_work(thawed ? system_freezable_power_efficient_wq : system_power_efficient_wq, work,
			   msecs_to_jiffies(period_ms));
}

void rust_helper_periodic_work_cancel(struct delayed_work *work)
{
	cancel_delayed_work_sync(work);
}

// SPDX-License-Identifier: GPL-2.0-only
// Modem Host Interface bus.

#include <linux/mhi.h>
#include "helpers.h"

struct device *rust_helper_mhi_dev_to_dev(struct mhi_device *mhi_dev)
{
	return &mhi_dev->dev;
}

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

const char *rust_helper_mhi_ee_name(enum mhi_ee_type ee)
{
	static const char *const names[] = {
		[MHI_EE_PBL] = "primary boot loader",
		[MHI_EE_SBL] = "secondary boot loader",
		[MHI_EE_AMSS] = "mission mode",
		[MHI_EE_RDDM] = "RAM dump",
		[MHI_EE_WFW] = "WLAN firmware",
		[MHI_EE_PTHRU] = "pass through",
		[MHI_EE_EDL] = "emergency download",
		[MHI_EE_FP] = "flash programmer",
	};

	return (unsigned int)ee < ARRAY_SIZE(names) && names[ee] ? names[ee] : "unknown";
}

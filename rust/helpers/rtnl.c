// SPDX-License-Identifier: GPL-2.0-only
// A kind of link for rtnetlink: finds the base device, hides the signatures that change.

#include <linux/slab.h>
#include <net/netlink.h>
#include <net/rtnetlink.h>
#include "helpers.h"

struct rust_rtnl_ops {
	struct rtnl_link_ops ops;
	struct rust_rtnl_callbacks callbacks;
	size_t info_size;
};

static const struct rust_rtnl_ops *ops_of(const struct net_device *dev)
{
	return container_of(dev->rtnl_link_ops, struct rust_rtnl_ops, ops);
}

static int newlink_on(struct net *net, struct net_device *dev, struct nlattr **tb, struct nlattr **data,
		      struct netlink_ext_ack *extack)
{
	struct net_device *base;

	if (!tb[IFLA_LINK]) {
		NL_SET_ERR_MSG_MOD(extack, "no base device: say link NAME");
		return -EINVAL;
	}
	if (!data) {
		NL_SET_ERR_MSG_MOD(extack, "no attributes: say mux_id ID");
		return -EINVAL;
	}
	base = __dev_get_by_index(net, nla_get_u32(tb[IFLA_LINK]));
	if (!base) {
		NL_SET_ERR_MSG_MOD(extack, "the base device does not exist");
		return -ENODEV;
	}
	return ops_of(dev)->callbacks.newlink(dev, base, data, extack);
}

#ifdef RMNET_MHI_HAVE_NEWLINK_PARAMS
static int newlink(struct net_device *dev, struct rtnl_newlink_params *params, struct netlink_ext_ack *extack)
{
	return newlink_on(rtnl_newlink_link_net(params), dev, params->tb, params->data, extack);
}
#else
static int newlink(struct net *src_net, struct net_device *dev, struct nlattr **tb, struct nlattr **data,
		   struct netlink_ext_ack *extack)
{
	return newlink_on(src_net, dev, tb, data, extack);
}
#endif

static int changelink(struct net_device *dev, struct nlattr **tb, struct nlattr **data,
		      struct netlink_ext_ack *extack)
{
	return data ? ops_of(dev)->callbacks.changelink(dev, data, extack) : 0;
}

static size_t get_size(const struct net_device *dev)
{
	return ops_of(dev)->info_size;
}

int rust_helper_rtnl_register(struct rust_rtnl_ops **out, const char *kind, size_t priv_size, u32 maxtype,
			      const struct nla_policy *policy, size_t info_size,
			      const struct rust_rtnl_callbacks *callbacks)
{
	struct rust_rtnl_ops *ops = kzalloc(sizeof(*ops), GFP_KERNEL);
	int err;

	if (!ops)
		return -ENOMEM;
	ops->callbacks = *callbacks;
	ops->info_size = info_size;
	ops->ops.kind = kind;
	ops->ops.priv_size = priv_size;
	ops->ops.maxtype = maxtype;
	ops->ops.policy = policy;
	ops->ops.setup = callbacks->setup;
	ops->ops.newlink = newlink;
	ops->ops.changelink = changelink;
	ops->ops.dellink = callbacks->dellink;
	ops->ops.get_size = get_size;
	ops->ops.fill_info = callbacks->fill_info;
	err = rtnl_link_register(&ops->ops);
	if (err) {
		kfree(ops);
		return err;
	}
	*out = ops;
	return 0;
}

void rust_helper_rtnl_unregister(struct rust_rtnl_ops *ops)
{
	rtnl_link_unregister(&ops->ops);
	kfree(ops);
}

u16 rust_helper_nla_get_u16(const struct nlattr *attr)
{
	return nla_get_u16(attr);
}

int rust_helper_nla_len(const struct nlattr *attr)
{
	return nla_len(attr);
}

const void *rust_helper_nla_data(const struct nlattr *attr)
{
	return nla_data(attr);
}

/* The message must be a literal: the kernel keeps the pointer. */
void rust_helper_nl_set_err(struct netlink_ext_ack *extack, const char *literal)
{
	if (extack)
		extack->_msg = literal;
}

void rust_helper_list_init(struct list_head *head)
{
	INIT_LIST_HEAD(head);
}

void rust_helper_unregister_queue(struct net_device *dev, struct list_head *head)
{
	unregister_netdevice_queue(dev, head);
}

// SPDX-License-Identifier: GPL-2.0-only
// Zeroed allocations, and compound pages known by their kernel address.

#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include "helpers.h"

void *rust_helper_alloc(size_t size, bool may_sleep)
{
	return may_sleep ? kvzalloc(size, GFP_KERNEL) : kzalloc(size, GFP_ATOMIC);
}

void rust_helper_free(const void *ptr)
{
	kvfree(ptr);
}

void *rust_helper_pages_alloc(unsigned int order, bool may_sleep)
{
	gfp_t gfp = __GFP_COMP | __GFP_NOWARN | (may_sleep ? GFP_KERNEL : GFP_ATOMIC);
	struct page *page = alloc_pages(gfp, order);

	return page ? page_address(page) : NULL;
}

void rust_helper_pages_put(void *address)
{
	put_page(virt_to_head_page(address));
}

size_t rust_helper_pages_size(void *address)
{
	return page_size(virt_to_head_page(address));
}

/*
 * A page that is with a device says so in its private field. Nobody else has that value there, so also the address of a page that is not
 * ours any more can be asked about.
 */
static const char lent;

void rust_helper_pages_lend(void *address)
{
	set_page_private(virt_to_head_page(address), (unsigned long)&lent);
}

bool rust_helper_pages_return(void *address)
{
	unsigned long *mark = &virt_to_page(address)->private;

	return cmpxchg(mark, (unsigned long)&lent, 0) == (unsigned long)&lent;
}

/* Whether the one reference is the caller's, and the page may be used anew. */
bool rust_helper_pages_are_ours(void *address)
{
	struct page *page = virt_to_head_page(address);

	if (page_ref_count(page) != 1 || !dev_page_is_reusable(page))
		return false;
	/* The others' last reads come before whatever is written now. */
	smp_acquire__after_ctrl_dep();
	return true;
}

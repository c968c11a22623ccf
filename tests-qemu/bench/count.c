// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin of QEMU that counts what the guest's kernel executes between two marks.
 *
 * It counts how often each translated block runs. A block is known by its address and its number of instructions, so
 * that a block's count tells both the instructions and, where a function begins, its calls. User space is not counted.
 * Marks are instructions without effect that no compiler makes; tests-qemu/bench/load executes them.
 *
 * Arguments: out=FILE, one window after the other as
 *	window NUMBER BYTES		bytes that copying functions stored
 *	ADDRESS INSTRUCTIONS RUNS	of each block that ran
 * and copy=FIRST-LAST, hexadecimal, repeatable: a function that copies, from its first address to behind its last.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

enum { SLOTS = 1 << 19, RANGES = 64, NONE = 0 };

struct block {
	uint64_t address;
	uint64_t instructions;
};

struct range {
	uint64_t first;
	uint64_t end;
};

EXPORT int qemu_plugin_version = PLUGIN_VERSION;

static struct qemu_plugin_scoreboard *runs; /* of SLOTS counters; the first is for blocks that found no slot */
static struct block blocks[SLOTS];
static uint64_t before[SLOTS];
static size_t used = 1;
static struct range ranges[RANGES];
static size_t range_count;
static uint64_t copied, copied_before;
static unsigned long window;
static FILE *out;
static bool arm;

static bool is_kernel(uint64_t address)
{
	return address >> 63;
}

/* The block's slot: open addressing. Called with QEMU's translation lock held, and the guest has one CPU. */
static size_t slot_of(uint64_t address, uint64_t instructions)
{
	uint64_t hash = (address ^ instructions << 48) * 0x9e3779b97f4a7c15;
	size_t slot = hash >> 45;

	_Static_assert(SLOTS == 1 << 19, "the hash has 19 bits");
	for (;; slot = (slot + 1) % SLOTS) {
		struct block *block = &blocks[slot];

		if (slot == NONE)
			continue;
		if (block->address == address && block->instructions == instructions)
			return slot;
		if (!block->address) {
			if (used > SLOTS / 4 * 3)
				return NONE;
			used++;
			*block = (struct block){ address, instructions };
			return slot;
		}
	}
}

static void start(unsigned int vcpu, void *data)
{
	(void)data;
	memcpy(before, qemu_plugin_scoreboard_find(runs, vcpu), sizeof(before));
	copied_before = copied;
}

static void stop(unsigned int vcpu, void *data)
{
	const uint64_t *now = qemu_plugin_scoreboard_find(runs, vcpu);

	(void)data;
	fprintf(out, "window %lu %" PRIu64 "\n", window++, copied - copied_before);
	for (size_t slot = 0; slot < SLOTS; slot++) {
		if (now[slot] != before[slot])
			fprintf(out, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", blocks[slot].address,
				blocks[slot].instructions, now[slot] - before[slot]);
	}
	fflush(out);
}

static void stored(unsigned int vcpu, meminfo info, uint64_t address, void *data)
{
	(void)vcpu, (void)address, (void)data;
	copied += 1ull << qemu_plugin_mem_size_shift(info);
}

/* load.c has the same. */
static void watch_marks(struct qemu_plugin_insn *insn)
{
	static const uint8_t x86[2][7] = { { 0x0f, 0x1f, 0x80, 0x01, 0x4b, 0x52, 0x4d }, { 0x0f, 0x1f, 0x80, 0x02, 0x4b, 0x52, 0x4d } };
	static const uint32_t a64[2] = { 0xd2800000 | 0x4d01 << 5 | 31, 0xd2800000 | 0x4d02 << 5 | 31 };
	uint8_t bytes[16];
	size_t length = qemu_plugin_insn_data(insn, bytes, sizeof(bytes));

	for (int mark = 0; mark < 2; mark++) {
		if (arm ? length == 4 && !memcmp(bytes, &a64[mark], 4) : length == 7 && !memcmp(bytes, x86[mark], 7))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark ? stop : start, NO_REGISTERS, NULL);
	}
}

static bool copies(uint64_t address)
{
	for (size_t i = 0; i < range_count; i++) {
		if (address >= ranges[i].first && address < ranges[i].end)
			return true;
	}
	return false;
}

static void translate(struct qemu_plugin_tb *tb, void *data)
{
	uint64_t address = qemu_plugin_tb_vaddr(tb);
	size_t count = qemu_plugin_tb_n_insns(tb);
	bool kernel = is_kernel(address);

	(void)data;
	if (kernel) {
		size_t slot = slot_of(address, count);

		qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(tb, INLINE_ADD, (struct counter){ runs, slot * sizeof(uint64_t) },
								  1);
	}
	for (size_t i = 0; i < count; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (!kernel)
			watch_marks(insn);
		else if (copies(qemu_plugin_insn_vaddr(insn)))
			qemu_plugin_register_vcpu_mem_cb(insn, stored, NO_REGISTERS, MEMORY_WRITE, NULL);
	}
}

struct info {
	const char *target_name; /* more follows */
};

EXPORT int qemu_plugin_install(plugin_id id, const struct info *info, int argc, char **argv)
{
	arm = !strcmp(info->target_name, "aarch64");
	for (int i = 0; i < argc; i++) {
		char *dash;

		if (!strncmp(argv[i], "out=", 4)) {
			out = fopen(argv[i] + 4, "w");
		} else if (!strncmp(argv[i], "copy=", 5) && range_count < RANGES) {
			struct range *range = &ranges[range_count++];

			range->first = strtoull(argv[i] + 5, &dash, 16);
			range->end = strtoull(dash + 1, NULL, 16);
		} else {
			fprintf(stderr, "count: what is %s?\n", argv[i]);
			return -1;
		}
	}
	if (!out) {
		fprintf(stderr, "count: out= names no file that can be written\n");
		return -1;
	}
	runs = qemu_plugin_scoreboard_new(SLOTS * sizeof(uint64_t));
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate, NULL);
	return 0;
}

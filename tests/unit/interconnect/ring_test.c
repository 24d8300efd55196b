// SPDX-License-Identifier: BSD-2-Clause
/* ring.h, one rule after the other: each test plays both sides in one thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pair.h"

static struct pair p;

static int start_pair(void **state)
{
	(void)state;
	pair_start(&p);
	return pair_up(&p) ? 0 : -1;
}

/* ---- epochs ---- */

static void link_comes_up_from_zero_pages(void **state)
{
	(void)state;
	pair_start(&p);
	assert_true(pair_up(&p));
	assert_int_equal(p.driver_page.magic, IOBUF_MAGIC);
	assert_int_equal(p.driver_page.peer_epoch, p.device_page.epoch);
	assert_int_equal(p.device_page.peer_epoch, p.driver_page.epoch);
}

static void link_comes_up_from_rubbish_pages(void **state)
{
	(void)state;
	memset(&p.driver_page, 0xa5, sizeof(p.driver_page));
	memset(&p.device_page, 0x5a, sizeof(p.device_page));
	ring_start(&p.driver, RING_DRIVER, &p.driver_page, &p.device_page);
	ring_poll(&p.driver);
	ring_start(&p.device, RING_DEVICE, &p.device_page, &p.driver_page);
	assert_true(pair_up(&p));
}

static void one_side_alone_is_down(void **state)
{
	struct iobuf_message m = pair_mmio(1, 0);
	struct ring_changes c;

	(void)state;
	memset(&p, 0, sizeof(p));
	ring_start(&p.driver, RING_DRIVER, &p.driver_page, &p.device_page);
	assert_int_equal(ring_poll(&p.driver), RING_DOWN);
	assert_false(ring_put(&p.driver, &m));
	assert_false(ring_take(&p.driver, &m));
	assert_false(ring_count(&p.driver, 0));
	assert_false(ring_set_level(&p.driver, 0, true));
	assert_false(ring_counters_take(&p.driver, &c));
	assert_int_equal(p.driver_page.produced, 0);
	assert_int_equal(p.driver_page.counters_total, 0);
}

static void restart_drops_everything(void **state)
{
	struct iobuf_message m = pair_mmio(1, 16);
	struct ring_changes c;

	(void)state;
	assert_true(ring_put(&p.driver, &m));
	assert_true(ring_count(&p.driver, 5));
	ring_restart(&p.device);
	assert_int_equal(ring_poll(&p.driver), RING_CHANGED);
	assert_false(ring_put(&p.driver, &m));
	assert_int_equal(ring_poll(&p.device), RING_DOWN);
	ring_adopt(&p.driver);
	assert_true(pair_up(&p));
	assert_false(ring_take(&p.device, &m));
	assert_false(ring_counters_take(&p.device, &c));
	assert_int_equal(p.driver_page.counter[5], 0);
}

static void a_copy_of_an_older_run_is_dropped(void **state)
{
	struct iobuf_message m = pair_mmio(1, 16);

	(void)state;
	assert_true(ring_put(&p.driver, &m));
	assert_int_equal(ring_poll(&p.device), RING_UP);
	ring_restart(&p.driver);	/* between the poll and the take */
	assert_false(ring_take(&p.device, &m));
	assert_int_equal(p.device.rule, RING_RULE_NONE);
	assert_true(pair_up(&p));
}

static void epoch_is_never_zero(void **state)
{
	(void)state;
	p.device_page.epoch = UINT32_MAX;
	p.driver_page.peer_epoch = UINT32_MAX;
	ring_restart(&p.device);
	assert_int_equal(p.device_page.epoch, 1);
	p.driver_page.peer_epoch = 2;
	ring_restart(&p.device);
	assert_int_equal(p.device_page.epoch, 3);	/* 2 would look adopted already */
}

static void withdrawn_run_does_not_come_back(void **state)
{
	uint32_t epoch = p.device_page.peer_epoch;

	(void)state;
	p.device_page.peer_epoch = 0;
	assert_int_equal(ring_poll(&p.driver), RING_LOST);
	p.device_page.peer_epoch = epoch;
	assert_int_equal(ring_poll(&p.driver), RING_LOST);
	ring_restart(&p.device);
	assert_true(pair_up(&p));
}

static void changed_lasts_until_adopted(void **state)
{
	uint32_t epoch = p.device_page.epoch;

	(void)state;
	p.device_page.epoch = epoch + 7;
	assert_int_equal(ring_poll(&p.driver), RING_CHANGED);
	p.device_page.epoch = epoch;
	assert_int_equal(ring_poll(&p.driver), RING_CHANGED);
	assert_true(ring_may_sleep(&p.driver));	/* nothing new: it was told already */
}

static void hundred_restarts_of_either_side(void **state)
{
	struct iobuf_message m, got;
	unsigned int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		m = pair_mmio(i, 8ull * i);
		ring_restart(i % 3 ? &p.driver : &p.device);
		if (i % 5 == 0)
			ring_restart(&p.device);
		assert_true(pair_up(&p));
		assert_true(ring_put(&p.driver, &m));
		assert_true(ring_take(&p.device, &got));
		assert_memory_equal(&m, &got, sizeof(m));
		assert_false(ring_take(&p.device, &got));
	}
}

/* ---- messages ---- */

static void messages_arrive_in_order_and_whole(void **state)
{
	struct iobuf_message m, got;
	uint32_t i;

	(void)state;
	for (i = 0; i < 3 * IOBUF_RING_SLOTS; i++) {
		m = pair_mmio(i, 4ull * i);
		assert_true(ring_put(&p.driver, &m));
		if (i % 3 != 2)
			continue;
		for (uint32_t j = i - 2; j <= i; j++) {
			m = pair_mmio(j, 4ull * j);
			assert_true(ring_take(&p.device, &got));
			assert_memory_equal(&m, &got, sizeof(m));
		}
	}
	assert_false(ring_take(&p.device, &got));
}

static void indices_wrap(void **state)
{
	struct iobuf_message m = pair_mmio(1, 0), got;
	unsigned int i;

	(void)state;
	p.driver.produced = p.driver.told_produced = p.driver.peer_consumed = UINT32_MAX - 1;
	p.driver_page.produced = UINT32_MAX - 1;
	p.device.consumed = UINT32_MAX - 1;
	p.device_page.consumed = UINT32_MAX - 1;
	for (i = 0; i < 5; i++) {
		assert_true(ring_may_sleep(&p.device));
		assert_true(ring_put(&p.driver, &m));
		assert_true(ring_must_signal(&p.driver));
		assert_true(ring_take(&p.device, &got));
	}
	assert_int_equal(p.driver_page.produced, 3);
}

static void full_ring_is_a_broken_rule(void **state)
{
	struct iobuf_message m = pair_mmio(1, 0);
	unsigned int i;

	(void)state;
	for (i = 0; i < IOBUF_RING_SLOTS; i++)
		assert_true(ring_put(&p.driver, &m));
	assert_false(ring_put(&p.driver, &m));
	assert_int_equal(p.driver.rule, RING_RULE_FULL);
}

static void failed(enum ring_rule rule)
{
	assert_int_equal(p.driver.rule, rule);
	assert_int_equal(p.driver_page.state, IOBUF_STATE_FAILED);
	assert_true(ring_must_signal(&p.driver));
	assert_int_equal(ring_poll(&p.driver), RING_FAILED);
	assert_int_equal(ring_poll(&p.device), RING_PEER_FAILED);
	ring_restart(&p.device);
	assert_true(pair_up(&p));
}

static void produced_too_far_ahead(void **state)
{
	struct iobuf_message got;

	(void)state;
	p.device_page.produced = IOBUF_RING_SLOTS + 1;
	assert_false(ring_take(&p.driver, &got));
	failed(RING_RULE_PRODUCED);
}

static void produced_going_backwards(void **state)
{
	struct iobuf_message got;

	(void)state;
	p.device_page.produced = UINT32_MAX;
	assert_false(ring_take(&p.driver, &got));
	failed(RING_RULE_PRODUCED);
}

static void consumed_beyond_produced(void **state)
{
	struct iobuf_message m = pair_mmio(1, 0);

	(void)state;
	p.device_page.consumed = 1;
	assert_false(ring_put(&p.driver, &m));
	failed(RING_RULE_CONSUMED);
}

static void consumed_going_backwards(void **state)
{
	struct iobuf_message m = pair_mmio(1, 0), got;

	(void)state;
	assert_true(ring_put(&p.driver, &m));
	assert_true(ring_take(&p.device, &got));
	assert_true(ring_put(&p.driver, &m));
	p.device_page.consumed = 0;
	assert_false(ring_put(&p.driver, &m));
	failed(RING_RULE_CONSUMED);
}

static void wrong_magic(void **state)
{
	(void)state;
	ring_restart(&p.device);
	p.device_page.version = IOBUF_VERSION + 1;
	assert_int_equal(ring_poll(&p.driver), RING_CHANGED);
	ring_adopt(&p.driver);
	failed(RING_RULE_MAGIC);
}

/* Each of these, sent by the device, costs it the connection with the rule named. */
static const struct {
	struct iobuf_message m;
	enum ring_rule rule;
} bad_from_device[] = {
	{ { .op = 0 }, RING_RULE_OP },
	{ { .op = 0xffffffff }, RING_RULE_OP },
	{ { .op = IOBUF_MMIO_READ, .len = 4 }, RING_RULE_OP },
	{ { .op = IOBUF_ACK }, RING_RULE_OP },
	{ { .op = IOBUF_COMPLETE, .status = 4096 }, RING_RULE_FIELD },
	{ { .op = IOBUF_PCI_ADD, .space = 0x10000 }, RING_RULE_SPACE },
	{ { .op = IOBUF_PCI_REMOVE, .space = 0x10000 }, RING_RULE_SPACE },
	{ { .op = IOBUF_PCI_ADD, .arg = { 3, 0, 0xff } }, RING_RULE_FIELD },
	{ { .op = IOBUF_PCI_ADD, .arg = { 63, 0, 0xff } }, RING_RULE_FIELD },
	{ { .op = IOBUF_PCI_ADD, .arg = { 0xff0c, 0, 0xff } }, RING_RULE_FIELD },
	{ { .op = IOBUF_PCI_ADD, .arg = { 0x0000010c, 0, 0xff } }, RING_RULE_NONE },
	{ { .op = IOBUF_PCI_ADD, .arg = { 0x000c010c, 0, 0xff } }, RING_RULE_FIELD },
	{ { .op = IOBUF_PCI_ADD, .arg = { 0x000c010cull << 16, 0, 0xff } }, RING_RULE_FIELD },
	{ { .op = IOBUF_PCI_ADD, .arg = { 0x000c010c, 0, 6 } }, RING_RULE_FIELD },
	{ { .op = IOBUF_PCI_ADD, .arg = { 0x0c, 0, 0 } }, RING_RULE_FIELD },
	{ { .op = IOBUF_PCI_ADD, .arg = { 0x0c, 0, 257 << 8 } }, RING_RULE_FIELD },
	{ { .op = IOBUF_PCI_ADD, .arg = { 0x0c, 0, 1 << 8 | 0xffcull << 32 } }, RING_RULE_FIELD },
	{ { .op = IOBUF_PCI_ADD, .arg = { 0, 0x10cull << 16, 0xff } }, RING_RULE_FIELD },
	{ { .op = IOBUF_DOORBELL_SET, .space = IOBUF_DOORBELLS }, RING_RULE_SPACE },
	{ { .op = IOBUF_DOORBELL_CLEAR, .space = IOBUF_DOORBELLS }, RING_RULE_SPACE },
	{ { .op = IOBUF_DOORBELL_SET, .len = 3 }, RING_RULE_LENGTH },
	{ { .op = IOBUF_DOORBELL_SET, .len = 16 }, RING_RULE_LENGTH },
	{ { .op = IOBUF_DOORBELL_SET, .arg = { IOBUF_DOORBELL_MATCH } }, RING_RULE_LENGTH },
	{ { .op = IOBUF_DOORBELL_SET, .arg = { 2 } }, RING_RULE_FIELD },
	{ { .op = IOBUF_DOORBELL_SET, .len = 4, .addr = 2 }, RING_RULE_ADDRESS },
}, bad_from_driver[] = {
	{ { .op = IOBUF_COMPLETE }, RING_RULE_OP },
	{ { .op = IOBUF_VM_START }, RING_RULE_OP },
	{ { .op = IOBUF_NAK }, RING_RULE_FIELD },
	{ { .op = IOBUF_NAK, .status = 4096 }, RING_RULE_FIELD },
	{ { .op = IOBUF_ACK, .status = 1 }, RING_RULE_FIELD },
	{ { .op = IOBUF_MMIO_READ }, RING_RULE_LENGTH },
	{ { .op = IOBUF_MMIO_READ, .len = 3 }, RING_RULE_LENGTH },
	{ { .op = IOBUF_MMIO_WRITE, .len = 16 }, RING_RULE_LENGTH },
	{ { .op = IOBUF_MMIO_WRITE, .len = 8, .addr = 4 }, RING_RULE_ADDRESS },
	{ { .op = IOBUF_MMIO_WRITE, .len = 8, .arg = { 0, 0, 0, 1 } }, RING_RULE_FIELD },
	{ { .op = IOBUF_CFG_READ, .len = 8 }, RING_RULE_LENGTH },
	{ { .op = IOBUF_CFG_READ, .len = 4, .addr = 0x1000 }, RING_RULE_ADDRESS },
	{ { .op = IOBUF_CFG_WRITE, .len = 2, .space = 0x10000 }, RING_RULE_SPACE },
};

static void bad_messages_are_named(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad_from_device) / sizeof(bad_from_device[0]); i++)
		if (ring_check_message(RING_DEVICE, &bad_from_device[i].m) !=
		    bad_from_device[i].rule)
			fail_msg("from device, case %u", i);
	for (i = 0; i < sizeof(bad_from_driver) / sizeof(bad_from_driver[0]); i++)
		if (ring_check_message(RING_DRIVER, &bad_from_driver[i].m) !=
		    bad_from_driver[i].rule)
			fail_msg("from driver, case %u", i);
}

static void bad_message_fails_the_link(void **state)
{
	struct iobuf_message bad = { .op = 77 }, got;

	(void)state;
	assert_true(ring_put(&p.device, &bad));
	assert_false(ring_take(&p.driver, &got));
	failed(RING_RULE_OP);
}

static void every_rule_has_a_text(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < RING_RULES; i++) {
		assert_string_not_equal(ring_rule_text((enum ring_rule)i), "unknown rule");
		for (j = 0; j < i; j++)
			assert_string_not_equal(ring_rule_text((enum ring_rule)i),
						ring_rule_text((enum ring_rule)j));
	}
}

static void pci_function_survives_packing(void **state)
{
	struct iobuf_pci_function out, f = {
		.bdf = 0x1f8, .vendor = 0x1af4, .device = 0x1042, .revision = 1,
		.class_code = 0x018000, .bar_log2 = { 0, 12, 0, 0, 14, 0 },
		.bar_flags = { 0, 0, 0, 0, IOBUF_BAR_64 | IOBUF_BAR_PREFETCH, 0 },
		.msix_bar = 1, .msix_entries = 5, .msix_offset = 0x800,
	};
	struct iobuf_message m = { .op = IOBUF_PCI_ADD };

	(void)state;
	memset(&out, 0, sizeof(out));
	iobuf_pci_pack(&m, &f);
	iobuf_pci_unpack(&m, &out);
	assert_int_equal(out.bdf, f.bdf);
	assert_int_equal(out.vendor, f.vendor);
	assert_int_equal(out.device, f.device);
	assert_int_equal(out.revision, f.revision);
	assert_int_equal(out.class_code, f.class_code);
	assert_memory_equal(out.bar_log2, f.bar_log2, sizeof(f.bar_log2));
	assert_memory_equal(out.bar_flags, f.bar_flags, sizeof(f.bar_flags));
	assert_int_equal(out.msix_bar, f.msix_bar);
	assert_int_equal(out.msix_entries, f.msix_entries);
	assert_int_equal(out.msix_offset, f.msix_offset);
	assert_int_equal(ring_check_message(RING_DEVICE, &m), RING_RULE_NONE);
}

/* ---- counters, levels, wake-ups ---- */

static void counters_coalesce(void **state)
{
	struct ring_changes c;

	(void)state;
	assert_true(ring_count(&p.device, 0));
	assert_true(ring_count(&p.device, 0));
	assert_true(ring_count(&p.device, 63));
	assert_true(ring_count(&p.device, 64));
	assert_true(ring_count(&p.device, 127));
	assert_true(ring_counters_take(&p.driver, &c));
	assert_true(c.changed[0] == ((1ull << 63) | 1));
	assert_true(c.changed[1] == ((1ull << 63) | 1));
	assert_false(ring_counters_take(&p.driver, &c));
}

static void level_change_counts_once(void **state)
{
	struct ring_changes c;

	(void)state;
	assert_true(ring_set_level(&p.device, 2, true));
	assert_true(ring_set_level(&p.device, 2, true));
	assert_int_equal(p.device_page.counters_total, 1);
	assert_true(ring_counters_take(&p.driver, &c));
	assert_int_equal(c.level, 4);
	assert_true(ring_set_level(&p.device, 2, false));
	assert_true(ring_counters_take(&p.driver, &c));
	assert_int_equal(c.level, 0);
}

static void signal_only_when_asked(void **state)
{
	struct iobuf_message m = pair_mmio(1, 0), got;

	(void)state;
	ring_must_signal(&p.driver);	/* of coming up */
	assert_false(ring_must_signal(&p.driver));
	assert_true(ring_put(&p.driver, &m));
	assert_true(ring_must_signal(&p.driver));	/* a zeroed page is armed */
	assert_true(ring_put(&p.driver, &m));
	assert_false(ring_must_signal(&p.driver));	/* it was not armed again */
	assert_true(ring_take(&p.device, &got));
	assert_false(ring_may_sleep(&p.device));	/* one is left */
	assert_true(ring_take(&p.device, &got));
	assert_true(ring_may_sleep(&p.device));
	assert_true(ring_put(&p.driver, &m));
	assert_true(ring_count(&p.driver, 1));
	assert_true(ring_must_signal(&p.driver));
	assert_false(ring_must_signal(&p.driver));
}

static void batch_passes_the_index(void **state)
{
	struct iobuf_message m = pair_mmio(1, 0);
	unsigned int i;

	(void)state;
	ring_must_signal(&p.driver);
	for (i = 0; i < 9; i++)
		assert_true(ring_put(&p.driver, &m));
	assert_true(ring_must_signal(&p.driver));
}

static void sleep_sees_what_came(void **state)
{
	(void)state;
	assert_true(ring_may_sleep(&p.device));
	assert_true(ring_count(&p.driver, 3));
	assert_false(ring_may_sleep(&p.device));
	ring_restart(&p.driver);
	assert_false(ring_may_sleep(&p.device));
}

/* ---- tags ---- */

static void tags_are_unique_and_limited(void **state)
{
	struct ring_tags t = { .next = UINT32_MAX - 2 };
	uint32_t tag[IOBUF_DRIVER_REQUESTS], extra;
	unsigned int i, j;

	(void)state;
	ring_tags_reset(&t, IOBUF_DRIVER_REQUESTS);
	for (i = 0; i < IOBUF_DRIVER_REQUESTS; i++) {
		assert_int_equal(ring_tags_open(&t, &tag[i]), i);
		for (j = 0; j < i; j++)
			assert_int_not_equal(tag[i], tag[j]);
	}
	assert_int_equal(ring_tags_open(&t, &extra), -1);
	assert_int_equal(ring_tags_close(&t, tag[3]), 3);
	assert_int_equal(ring_tags_close(&t, tag[3]), -RING_RULE_TAG_UNKNOWN);
	assert_int_equal(ring_tags_enter(&t, tag[4]), -RING_RULE_TAG_TWICE);
	assert_int_equal(ring_tags_enter(&t, 12345), 3);
	assert_int_equal(ring_tags_enter(&t, 12346), -RING_RULE_TOO_MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_comes_up_from_zero_pages),
		cmocka_unit_test(link_comes_up_from_rubbish_pages),
		cmocka_unit_test(one_side_alone_is_down),
		cmocka_unit_test_setup(restart_drops_everything, start_pair),
		cmocka_unit_test_setup(a_copy_of_an_older_run_is_dropped, start_pair),
		cmocka_unit_test_setup(epoch_is_never_zero, start_pair),
		cmocka_unit_test_setup(withdrawn_run_does_not_come_back, start_pair),
		cmocka_unit_test_setup(changed_lasts_until_adopted, start_pair),
		cmocka_unit_test_setup(hundred_restarts_of_either_side, start_pair),
		cmocka_unit_test_setup(messages_arrive_in_order_and_whole, start_pair),
		cmocka_unit_test_setup(indices_wrap, start_pair),
		cmocka_unit_test_setup(full_ring_is_a_broken_rule, start_pair),
		cmocka_unit_test_setup(produced_too_far_ahead, start_pair),
		cmocka_unit_test_setup(produced_going_backwards, start_pair),
		cmocka_unit_test_setup(consumed_beyond_produced, start_pair),
		cmocka_unit_test_setup(consumed_going_backwards, start_pair),
		cmocka_unit_test_setup(wrong_magic, start_pair),
		cmocka_unit_test(bad_messages_are_named),
		cmocka_unit_test_setup(bad_message_fails_the_link, start_pair),
		cmocka_unit_test(every_rule_has_a_text),
		cmocka_unit_test(pci_function_survives_packing),
		cmocka_unit_test_setup(counters_coalesce, start_pair),
		cmocka_unit_test_setup(level_change_counts_once, start_pair),
		cmocka_unit_test_setup(signal_only_when_asked, start_pair),
		cmocka_unit_test_setup(batch_passes_the_index, start_pair),
		cmocka_unit_test_setup(sleep_sees_what_came, start_pair),
		cmocka_unit_test(tags_are_unique_and_limited),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}

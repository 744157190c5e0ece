// SPDX-License-Identifier: GPL-2.0
/*
 * Sequence numbers: RFC 9293, 3.4.
 */
#include <linux/kernel.h>
#include "../module/engine/seq.h"
#include "suites.h"

static void order(struct kunit *test)
{
	static const u32 base[] = {
		0, 1, 2, 100, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001,
		0xfffffffe, 0xffffffff,
	};
	static const u32 ahead[] = { 1, 2, 3, 65535, 1 << 30, 0x7fffffff };

	for (int i = 0; i < ARRAY_SIZE(base); i++) {
		u32 a = base[i];

		KUNIT_EXPECT_FALSE(test, seq_lt(a, a));
		KUNIT_EXPECT_FALSE(test, seq_gt(a, a));
		KUNIT_EXPECT_TRUE(test, seq_leq(a, a));
		KUNIT_EXPECT_TRUE(test, seq_geq(a, a));
		for (int k = 0; k < ARRAY_SIZE(ahead); k++) {
			u32 b = a + ahead[k];

			KUNIT_EXPECT_TRUE(test, seq_lt(a, b));
			KUNIT_EXPECT_TRUE(test, seq_leq(a, b));
			KUNIT_EXPECT_TRUE(test, seq_gt(b, a));
			KUNIT_EXPECT_TRUE(test, seq_geq(b, a));
			KUNIT_EXPECT_FALSE(test, seq_lt(b, a));
			KUNIT_EXPECT_FALSE(test, seq_leq(b, a));
			KUNIT_EXPECT_FALSE(test, seq_gt(a, b));
			KUNIT_EXPECT_FALSE(test, seq_geq(a, b));
		}
	}
}

static struct kunit_case seq_cases[] = {
	KUNIT_CASE(order),
	{}
};

struct kunit_suite seq_suite = {
	.name = "seq",
	.test_cases = seq_cases,
};

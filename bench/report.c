// SPDX-License-Identifier: GPL-2.0
/*
 * Names what count.so counted: where the kernel's TCP and xtcp spend their
 * instructions, side by side.
 *
 *	report [-n LINES] [-t PERCENT] [-c CALLED] COUNTS SYMBOLS (NAME OPERATIONS)x2
 *
 * Reports the last two windows of COUNTS.  SYMBOLS is the guest's /proc/kallsyms, and
 * the NAMEs are the columns' titles.
 */
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIDES		2
#define KERNEL		0x8000000000000000ull
#define NAME_BYTES	128

struct function {
	__u64 address;
	char *name;
	char *module;
	double cost[SIDES];
	double calls[SIDES];
	double total[SIDES];	/* with what it calls */
};

struct node {
	__u32 parent, child, sibling;
	struct function *function;
	double calls[SIDES];
	double cost[SIDES];
	double total[SIDES];
};

static struct function *functions;
static size_t nr_functions;
static struct function program = { .name = "(the program)", .module = "user" };
static struct function unknown = { .name = "(unknown)", .module = "kernel" };
static struct node *nodes;
static size_t nr_nodes;
static const char *titles[SIDES];
static double operations[SIDES];
static double sums[SIDES];
static int skipped;		/* windows before those of interest */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void *grown(void *array, size_t n, size_t size)
{
	if (n & (n - 1))
		return array;
	array = realloc(array, (n ? 2 * n : 1) * size);
	if (!array)
		die("memory");
	return array;
}

/* ---- reading ---- */

static int by_address(const void *a, const void *b)
{
	const struct function *f = a, *g = b;

	return f->address < g->address ? -1 : f->address > g->address;
}

static void read_symbols(const char *path)
{
	char name[NAME_BYTES], module[NAME_BYTES], line[512], type;
	FILE *f = fopen(path, "r");
	unsigned long long address;

	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f)) {
		int n = sscanf(line, "%llx %c %127s [%127[^]]", &address, &type, name, module);

		if (n < 3 || !strchr("tTwW", type) || !(address & KERNEL))
			continue;
		functions = grown(functions, nr_functions, sizeof(*functions));
		functions[nr_functions++] = (struct function){
			.address = address,
			.name = strdup(name),
			.module = strdup(n > 3 ? module : "kernel"),
		};
	}
	fclose(f);
	qsort(functions, nr_functions, sizeof(*functions), by_address);
}

static struct function *function_at(__u64 address)
{
	size_t low = 0, high = nr_functions;

	if (!(address & KERNEL))
		return &program;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (functions[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return &unknown;
	/* several names for one address: the first of them */
	for (low--; low && functions[low - 1].address == functions[low].address; low--)
		;
	return &functions[low];
}

static void read_sides(const char *text, double *sides)
{
	char *end = (char *)text;

	for (int i = 0; i < skipped; i++)
		strtod(end, &end);
	for (int i = 0; i < SIDES; i++)
		sides[i] = strtod(end, &end) / operations[i];
}

/* Running a function's first block enters it, whether by a call or a jump. */
static void read_block(const char *line)
{
	double runs[SIDES];
	char *rest;
	__u64 address = strtoull(line, &rest, 16);
	unsigned long instructions = strtoul(rest, &rest, 10);
	struct function *at = function_at(address);

	read_sides(rest, runs);
	for (int i = 0; i < SIDES; i++) {
		at->cost[i] += runs[i] * instructions;
		sums[i] += runs[i] * instructions;
		if (address == at->address)
			at->calls[i] += runs[i];
	}
}

static void read_node(const char *line)
{
	unsigned int number, parent;
	unsigned long long address;

	if (sscanf(line, "%u %u %llx", &number, &parent, &address) != 3 || number != nr_nodes)
		die("counts");
	nodes = grown(nodes, nr_nodes, sizeof(*nodes));
	nodes[nr_nodes] = (struct node){
		.parent = parent,
		.function = function_at(address),
	};
	if (nr_nodes) {
		nodes[nr_nodes].sibling = nodes[parent].child;
		nodes[parent].child = nr_nodes;
	}
	nr_nodes++;
}

static void read_counts(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[1024];

	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "windows ", 8)) {
			skipped = atoi(line + 8) - SIDES;
			if (skipped < 0) {
				fprintf(stderr, "%s has too few %s", path, line);
				exit(1);
			}
		} else if (!strncmp(line, "block ", 6)) {
			read_block(line + 6);
		} else if (!strncmp(line, "node ", 5)) {
			read_node(line + 5);
		} else if (!strncmp(line, "calls ", 6)) {
			read_sides(line + 6, nodes[nr_nodes - 1].calls);
		} else if (!strncmp(line, "cost ", 5)) {
			read_sides(line + 5, nodes[nr_nodes - 1].cost);
		}
	}
	fclose(f);
}

/* A function counts once on a path, however often it occurs there. */
static bool recursive(const struct node *node)
{
	for (const struct node *up = node; up != nodes;) {
		up = &nodes[up->parent];
		if (up->function == node->function && up != nodes)
			return true;
	}
	return false;
}

/* A node's number is above its parent's. */
static void sum_up(void)
{
	for (size_t n = nr_nodes; n-- > 0;) {
		struct node *node = &nodes[n];

		for (int i = 0; i < SIDES; i++) {
			node->total[i] += node->cost[i];
			if (n)
				nodes[node->parent].total[i] += node->total[i];
		}
	}
	for (size_t n = 1; n < nr_nodes; n++) {
		struct node *node = &nodes[n];
		bool again = recursive(node);

		for (int i = 0; i < SIDES && !again; i++)
			node->function->total[i] += node->total[i];
	}
}

/* ---- the tables ---- */

static int side;

static int by_cost(const void *a, const void *b)
{
	double x = (*(struct function **)a)->cost[side], y = (*(struct function **)b)->cost[side];

	return x < y ? 1 : x > y ? -1 : strcmp((*(struct function **)a)->name,
					       (*(struct function **)b)->name);
}

static double excess(const struct function *f)
{
	return f->cost[1] - f->cost[0];
}

static int by_excess(const void *a, const void *b)
{
	double x = excess(*(struct function **)a), y = excess(*(struct function **)b);

	return x < y ? 1 : x > y ? -1 : strcmp((*(struct function **)a)->name,
					       (*(struct function **)b)->name);
}

static void print_area(const char *module)
{
	double cost[SIDES] = { 0 };

	for (int i = 0; i < SIDES; i++) {
		for (size_t n = 0; n < nr_functions; n++) {
			if (!strcmp(functions[n].module, module))
				cost[i] += functions[n].cost[i];
		}
		cost[i] += strcmp(program.module, module) ? 0 : program.cost[i];
		cost[i] += strcmp(unknown.module, module) ? 0 : unknown.cost[i];
	}
	if (cost[0] >= 0.0005 || cost[1] >= 0.0005)
		printf("%12.3f %12.3f %+12.3f  %s\n", cost[0], cost[1], cost[1] - cost[0], module);
}

static void print_areas(void)
{
	printf("%12s %12s %12s  instructions per operation\n", titles[0], titles[1], "difference");
	printf("%12.3f %12.3f %+12.3f  all\n", sums[0], sums[1], sums[1] - sums[0]);
	print_area("user");
	for (size_t n = 0; n < nr_functions; n++) {
		bool seen = false;

		for (size_t m = 0; m < n && !seen; m++) {
			/* neighbours are mostly in one module */
			seen = !strcmp(functions[n - 1 - m].module, functions[n].module);
		}
		if (!seen)
			print_area(functions[n].module);
	}
}

static void print_functions(unsigned int lines)
{
	struct function **lists[SIDES + 1];
	size_t count = nr_functions + 2;

	for (int i = 0; i <= SIDES; i++) {
		lists[i] = calloc(count, sizeof(**lists));
		if (!lists[i])
			die("memory");
		for (size_t n = 0; n < nr_functions; n++)
			lists[i][n] = &functions[n];
		lists[i][nr_functions] = &program;
		lists[i][nr_functions + 1] = &unknown;
		side = i;
		qsort(lists[i], count, sizeof(**lists), i < SIDES ? by_cost : by_excess);
	}

	printf("\nInstructions in a function itself and its calls, per operation\n");
	for (int i = 0; i < SIDES; i++)
		printf("%10s %6s  %-35s", titles[i], "calls", "");
	putchar('\n');
	for (size_t n = 0; n < lines && n < count; n++) {
		for (int i = 0; i < SIDES; i++) {
			const struct function *f = lists[i][n];

			printf("%10.3f %6.2f  %-35.35s", f->cost[i], f->calls[i], f->name);
		}
		putchar('\n');
	}

	for (int i = 0; i < SIDES; i++) {
		printf("\nWhere %s spends more in a function itself; with what it calls\n",
		       titles[!i]);
		printf("%12s %12s %12s %12s %12s\n", titles[0], titles[1], "difference", titles[0],
		       titles[1]);
		for (size_t n = 0; n < lines && n < count; n++) {
			const struct function *f = lists[SIDES][i ? count - 1 - n : n];

			if (i ? excess(f) >= 0 : excess(f) <= 0)
				break;
			printf("%12.3f %12.3f %+12.3f ", f->cost[0], f->cost[1], excess(f));
			printf("%12.3f %12.3f  %s\n", f->total[0], f->total[1], f->name);
		}
	}
}

static void print_tree(size_t n, int i, unsigned int depth, double least)
{
	size_t children[1024], count = 0;

	for (size_t c = nodes[n].child; c && count < 1024; c = nodes[c].sibling) {
		size_t at = count++;

		for (; at && nodes[children[at - 1]].total[i] < nodes[c].total[i]; at--)
			children[at] = children[at - 1];
		children[at] = c;
	}
	for (size_t k = 0; k < count; k++) {
		const struct node *node = &nodes[children[k]];

		if (node->total[i] < least)
			break;
		printf("%10.3f %10.3f %7.2f  %*s%s\n", node->total[i], node->cost[i],
		       node->calls[i], 2 * depth, "", node->function->name);
		print_tree(children[k], i, depth + 1, least);
	}
}

/* What a function reaches by a tail call counts among its calls. */
static void print_callers(const char *called)
{
	for (int i = 0; i < SIDES; i++) {
		printf("%s\n%12s %12s %12s  calls %s\n", titles[i], "calls", "a call", "all",
		       called);
		for (size_t n = 0; n < nr_functions; n++) {
			double calls = 0, total = 0;

			for (size_t m = 1; m < nr_nodes; m++) {
				const struct node *node = &nodes[m];

				if (nodes[node->parent].function != &functions[n] ||
				    strcmp(node->function->name, called))
					continue;
				calls += node->calls[i];
				total += node->total[i];
			}
			if (calls > 0)
				printf("%12.3f %12.1f %12.3f  %s\n", calls, total / calls, total,
				       functions[n].name);
		}
	}
}

int main(int argc, char **argv)
{
	unsigned int lines = 30;
	const char *called = "";
	double percent = 0;
	int option;

	while ((option = getopt(argc, argv, "n:t:c:")) != -1) {
		if (option == 'n')
			lines = atoi(optarg);
		else if (option == 'c')
			called = optarg;
		else if (option == 't')
			percent = atof(optarg);
		else
			return 2;
	}
	if (argc - optind != 2 + 2 * SIDES) {
		fputs("usage: report [OPTION...] COUNTS SYMBOLS (NAME OPERATIONS)x2\n", stderr);
		return 2;
	}
	for (int i = 0; i < SIDES; i++) {
		titles[i] = argv[optind + 2 + 2 * i];
		operations[i] = atof(argv[optind + 3 + 2 * i]);
	}
	read_symbols(argv[optind + 1]);
	read_counts(argv[optind]);
	sum_up();
	if (*called) {
		print_callers(called);
		return 0;
	}
	print_areas();
	print_functions(lines);
	for (int i = 0; percent > 0 && i < SIDES; i++) {
		printf("\nCalls of %s: instructions with callees, without; calls\n", titles[i]);
		print_tree(0, i, 0, sums[i] * percent / 100);
	}
	return 0;
}

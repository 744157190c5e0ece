// SPDX-License-Identifier: GPL-2.0
/* A program with the note that Go's linker leaves, for xtcpize to refuse. */

static const struct {
	unsigned int name_bytes;
	unsigned int desc_bytes;
	unsigned int type;
	char name[4];
	char desc[4];
} note __attribute((section(".note.go.buildid"), aligned(4), used)) = {
	4, 4, 4, "Go", "id"
};

int main(void)
{
	return 0;
}

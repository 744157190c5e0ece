// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include "reach.h"

#include <fcntl.h>
#include <linux/elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#if __SIZEOF_LONG__ == 8
#define OUR_ELFCLASS	ELFCLASS64
#define OTHER_BITS	"32"
#define elf_hdr		elf64_hdr
#define elf_phdr	elf64_phdr
#else
#define OUR_ELFCLASS	ELFCLASS32
#define OTHER_BITS	"64"
#define elf_hdr		elf32_hdr
#define elf_phdr	elf32_phdr
#endif

#define SCRIPTS_DEEP	4	/* the kernel's own limit, or near it */

const char * const reach_why[REACH_KINDS] = {
	[REACH_STATIC] = "is linked statically: no library can be put into it",
	[REACH_GO] = "is a Go program, which calls the kernel past every library",
	[REACH_RIGHTS] = "has more rights than you: no library of yours gets into it",
	[REACH_BITS] = "is a " OTHER_BITS "-bit program, and " LIBRARY " is not",
	[REACH_UNREADABLE] = "is run by a user who cannot read " LIBRARY
		": install it, or open the folders that it is in",
	[REACH_ENVIRONMENT] = "is run with an environment without our LD_PRELOAD",
};

const char * const reach_word[REACH_KINDS] = {
	[REACH_STATIC] = "static",
	[REACH_GO] = "Go",
	[REACH_RIGHTS] = "setuid",
	[REACH_BITS] = OTHER_BITS "-bit",
	[REACH_UNREADABLE] = "library unreadable",
	[REACH_ENVIRONMENT] = "own environment",
};

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* @dir and @name, with a slash between them.  Return: whether that fits */
static bool join(char path[PATH_MAX], const char *dir, size_t bytes,
		 const char *name)
{
	size_t len = strlen(name);

	if (bytes + 1 + len + 1 > PATH_MAX)
		return false;
	memcpy(path, dir, bytes);
	if (bytes)
		path[bytes++] = '/';
	memcpy(path + bytes, name, len + 1);
	return true;
}

bool reach_find(const char *name, char path[PATH_MAX])
{
	const char *dir = getenv("PATH") ?: "/usr/local/bin:/bin:/usr/bin";
	const char *end;

	if (strchr(name, '/'))
		return join(path, "", 0, name) && is_program(path);
	for (; *name; dir = end + 1) {
		end = strchrnul(dir, ':');
		if (join(path, dir, end - dir, name) && is_program(path))
			return true;
		if (!*end)
			break;
	}
	return false;
}

/* The dynamic linker drops LD_PRELOAD for it: AT_SECURE, ld.so(8). */
static bool gains_rights(const char *path)
{
	struct statvfs fs;
	struct stat st;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return false;
	if (!statvfs(path, &fs) && fs.f_flag & ST_NOSUID)
		return false;
	if (stat(path, &st))
		return false;
	if (st.st_mode & S_ISUID && st.st_uid != getuid())
		return true;
	if (st.st_mode & S_ISGID && st.st_mode & 0010 &&
	    st.st_gid != getgid())
		return true;
	return getuid() && getxattr(path, "security.capability", NULL, 0) > 0;
}

/*
 * Go's linker leaves a note.  Programs that it links call the kernel past every
 * library.
 */
static bool is_go_note(int fd, const struct elf_phdr *ph)
{
	static const struct {
		__u32 type;
		char name[4];
	} go = { 4, "Go" };
	char notes[1024];
	ssize_t bytes;

	bytes = pread(fd, notes, ph->p_filesz < sizeof(notes) ? ph->p_filesz : sizeof(notes),
		      ph->p_offset);
	return bytes > 0 && memmem(notes, bytes, &go, sizeof(go));
}

static enum reach reach_elf(int fd, const struct elf_hdr *eh)
{
	bool dynamic = false, go = false;
	struct elf_phdr ph;
	size_t i;

	if (eh->e_ident[EI_CLASS] != OUR_ELFCLASS)
		return REACH_BITS;
	for (i = 0; i < eh->e_phnum; i++) {
		if (pread(fd, &ph, sizeof(ph), eh->e_phoff + i * sizeof(ph)) !=
		    sizeof(ph))
			break;
		dynamic |= ph.p_type == PT_INTERP;
		go |= ph.p_type == PT_NOTE && is_go_note(fd, &ph);
	}
	if (go)
		return REACH_GO;
	return dynamic ? REACH_YES : REACH_STATIC;
}

/* What "#!" names in @start, without its argument.  Return: whether it does */
static bool interpreter(const char *start, size_t bytes, char path[PATH_MAX])
{
	const char *name = start + 2, *end = start + bytes;
	size_t len;

	if (bytes < 3 || memcmp(start, "#!", 2))
		return false;
	while (name < end && (*name == ' ' || *name == '\t'))
		name++;
	for (len = 0; name + len < end && !strchr(" \t\n", name[len]); len++)
		;
	memcpy(path, name, len);
	path[len] = '\0';
	return true;
}

enum reach reach_program(char path[PATH_MAX])
{
	union {
		struct elf_hdr elf;
		char bytes[256];	/* the kernel reads no more of a script */
	} start;
	enum reach reach = REACH_YES;
	ssize_t bytes;
	int fd, depth;

	for (depth = 0; depth <= SCRIPTS_DEEP; depth++) {
		if (gains_rights(path))
			return REACH_RIGHTS;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		/* it cannot be read, but perhaps run */
		if (fd < 0)
			return REACH_YES;
		bytes = pread(fd, &start, sizeof(start), 0);
		if (bytes >= (ssize_t)sizeof(start.elf) &&
		    !memcmp(start.bytes, ELFMAG, SELFMAG))
			reach = reach_elf(fd, &start.elf);
		close(fd);
		if (reach != REACH_YES ||
		    !interpreter(start.bytes, bytes < 0 ? 0 : bytes, path))
			break;
	}
	return reach;
}

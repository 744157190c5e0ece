// SPDX-License-Identifier: GPL-2.0
/*
 * The programs that a program starts: which of them the library does not get into.
 *
 * Each function of the C library's stands here, because inside of it they call one
 * another past every library.  Only system() and popen() do not: the shell that they start
 * has the library, and calls execve().
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libxtcpize.h"
#include "tell.h"

/* What the C library has behind ours.  A child of vfork() must not look for it. */
static typeof(execvpe) *next_execvpe;
static typeof(posix_spawn) *next_spawn;
static typeof(posix_spawnp) *next_spawnp;

__attribute__((constructor)) static void init(void)
{
	next_execvpe = dlsym(RTLD_NEXT, "execvpe");
	next_spawn = dlsym(RTLD_NEXT, "posix_spawn");
	next_spawnp = dlsym(RTLD_NEXT, "posix_spawnp");
}

/* Another library's constructor may come before ours. */
static void need_init(void)
{
	if (!next_spawnp)
		init();
}

/* What LD_PRELOAD in @envp has of us: NULL for nothing.  It ends in a colon, a space or 0. */
static const char *find_library(char *const envp[])
{
	const char *list, *ours;

	for (; envp && *envp; envp++) {
		if (strncmp(*envp, "LD_PRELOAD=", 11))
			continue;
		list = *envp + 11;
		ours = strstr(list, "/" LIBRARY);
		while (ours && ours > list && !strchr(": ", ours[-1]))
			ours--;
		return ours;
	}
	return NULL;
}

static enum reach reach_library(char *const envp[])
{
	const char *library = find_library(envp);
	char path[PATH_MAX];
	size_t len;

	if (!library)
		return REACH_ENVIRONMENT;
	len = strcspn(library, ": ");
	if (len >= sizeof(path))
		return REACH_YES;
	memcpy(path, library, len);
	path[len] = '\0';
	return faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) ? REACH_UNREADABLE : REACH_YES;
}

/* Return: whether @program may be started */
static bool may_start(const char *program, char *const envp[])
{
	bool strict = is_strict();
	char path[PATH_MAX];
	enum reach reach;
	int saved = errno;

	if (access(program, X_OK) ||
	    snprintf(path, sizeof(path), "%s", program) >= (int)sizeof(path)) {
		errno = saved;
		return true;
	}
	reach = reach_program(path);
	if (reach == REACH_YES)
		reach = reach_library(envp);
	if (reach != REACH_YES)
		tell_program(reach, path, strict);
	errno = saved;
	if (reach == REACH_YES || !strict)
		return true;
	errno = EPERM;
	return false;
}

/* The same for a program that is looked for in PATH. */
static bool may_start_found(const char *name, char *const envp[])
{
	char path[PATH_MAX];
	int saved = errno;
	bool found = reach_find(name, path);

	errno = saved;
	return !found || may_start(path, envp);
}

/* ---- what the program calls ---- */

PUBLIC int execve(const char *path, char *const argv[], char *const envp[])
{
	return may_start(path, envp) ? syscall(SYS_execve, path, argv, envp) : -1;
}

PUBLIC int execv(const char *path, char *const argv[])
{
	return execve(path, argv, environ);
}

PUBLIC int execvpe(const char *name, char *const argv[], char *const envp[])
{
	need_init();
	return may_start_found(name, envp) ? next_execvpe(name, argv, envp) : -1;
}

PUBLIC int execvp(const char *name, char *const argv[])
{
	return execvpe(name, argv, environ);
}

/* The length of a list of arguments, its NULL and the first, which is not in it, among it. */
static size_t count_arguments(va_list *list)
{
	va_list copy;
	size_t n = 2;

	va_copy(copy, *list);
	while (va_arg(copy, char *))
		n++;
	va_end(copy);
	return n;
}

enum how { BY_PATH, BY_NAME, WITH_ENVIRONMENT };

static int exec_list(enum how how, const char *file, const char *first, va_list *list)
{
	size_t i, n = count_arguments(list);
	char *const *envp = environ;
	const char *argv[n];

	argv[0] = first;
	for (i = 1; i < n; i++)
		argv[i] = va_arg(*list, char *);
	if (how == WITH_ENVIRONMENT)
		envp = va_arg(*list, char **);
	if (how == BY_NAME)
		return execvpe(file, (char **)argv, envp);
	return execve(file, (char **)argv, envp);
}

PUBLIC int execl(const char *path, const char *first, ...)
{
	va_list list;
	int ret;

	va_start(list, first);
	ret = exec_list(BY_PATH, path, first, &list);
	va_end(list);
	return ret;
}

PUBLIC int execlp(const char *name, const char *first, ...)
{
	va_list list;
	int ret;

	va_start(list, first);
	ret = exec_list(BY_NAME, name, first, &list);
	va_end(list);
	return ret;
}

PUBLIC int execle(const char *path, const char *first, ...)
{
	va_list list;
	int ret;

	va_start(list, first);
	ret = exec_list(WITH_ENVIRONMENT, path, first, &list);
	va_end(list);
	return ret;
}

PUBLIC int execveat(int dir, const char *path, char *const argv[],
		    char *const envp[], int flags)
{
	char there[PATH_MAX];
	int len;

	if (*path == '/' || dir == AT_FDCWD)
		len = snprintf(there, sizeof(there), "%s", path);
	else
		len = snprintf(there, sizeof(there), "/proc/self/fd/%d%s%s", dir,
			       *path ? "/" : "", path);
	if (len < (int)sizeof(there) && !may_start(there, envp))
		return -1;
	return syscall(SYS_execveat, dir, path, argv, envp, flags);
}

PUBLIC int fexecve(int fd, char *const argv[], char *const envp[])
{
	return execveat(fd, "", argv, envp, AT_EMPTY_PATH);
}

PUBLIC int posix_spawn(pid_t *pid, const char *path,
		       const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attributes, char *const argv[],
		       char *const envp[])
{
	int saved = errno;
	bool may = may_start(path, envp);

	errno = saved;
	need_init();
	return may ? next_spawn(pid, path, actions, attributes, argv, envp) : EPERM;
}

PUBLIC int posix_spawnp(pid_t *pid, const char *name,
			const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes, char *const argv[],
			char *const envp[])
{
	int saved = errno;
	bool may = may_start_found(name, envp);

	errno = saved;
	need_init();
	return may ? next_spawnp(pid, name, actions, attributes, argv, envp) : EPERM;
}

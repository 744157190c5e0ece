# SPDX-License-Identifier: GPL-2.0
# Reads ask/questions.c, then what the compiler said about it; prints the macros. An error belongs to the question in whose
# lines it is; one elsewhere means that there is no answer. invert="NAME...": answer these wrongly, for a test.

FNR == NR && match($0, /^ASK(_EITHER)?\([A-Z0-9_]+\)/) {
	name = substr($0, 1, RLENGTH - 1)
	sub(/.*\(/, "", name)
	names[++n] = name
}

FNR == NR {
	question[FNR] = name
	if (/^}/)
		name = ""
	next
}

/error:/ {
	line = ""
	if (match($0, /questions\.c:[0-9]+:/)) {
		line = substr($0, RSTART, RLENGTH)
		gsub(/[^0-9]/, "", line)
	}
	if (question[line] == "" || /fatal error:/) {
		print > "/dev/stderr"
		bad = 1
	}
	no[question[line]] = 1
}

END {
	if (!bad && ("YES" in no || !("NO" in no))) {
		print "ask/questions.c: the compiler does not answer" > "/dev/stderr"
		bad = 1
	}
	if (bad)
		exit 1
	count = split(invert, word, " ")
	for (i = 1; i <= count; i++)
		inverted[word[i]] = 1
	print "/* Made by Kbuild of ask/questions.c. */"
	for (i = 1; i <= n; i++) {
		if (names[i] != "YES" && names[i] != "NO")
			print "#define XTCP_HAVE_" names[i] " " ((names[i] in no) == (names[i] in inverted) ? 1 : 0)
		delete inverted[names[i]]
	}
	for (name in inverted) {
		print "ask/questions.c: there is no question " name " to invert" > "/dev/stderr"
		exit 1
	}
}

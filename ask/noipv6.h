/* SPDX-License-Identifier: GPL-2.0 */
/* For a test: build as for a kernel without IPv6, whatever this one has. */
#undef CONFIG_IPV6
#undef CONFIG_IPV6_MIP6
#undef CONFIG_IPV6_MROUTE
#undef CONFIG_IPV6_MULTIPLE_TABLES
#undef CONFIG_IPV6_ROUTER_PREF
#undef CONFIG_IPV6_ROUTE_INFO
#undef CONFIG_IPV6_SEG6_BPF
#undef CONFIG_IPV6_SEG6_LWTUNNEL
#undef CONFIG_IPV6_SUBTREES

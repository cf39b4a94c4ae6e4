dnl SPDX-License-Identifier: MIT
dnl The probes of configure.ac.

dnl ACMEPROXY_COMPILER_FLAG(VARIABLE, FLAG)
dnl Appends FLAG to VARIABLE where the C++ compiler takes it without a warning.
AC_DEFUN([ACMEPROXY_COMPILER_FLAG], [
AS_VAR_PUSHDEF([cache], [acmeproxy_cv_compiler_flag_$2])dnl
AC_CACHE_CHECK([whether $CXX accepts $2], [cache], [
    save_CXXFLAGS=$CXXFLAGS
    CXXFLAGS="$CXXFLAGS -Werror $2"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM], [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
    CXXFLAGS=$save_CXXFLAGS
])
AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([cache])dnl
])

dnl ACMEPROXY_LINKER_FLAG(VARIABLE, FLAG)
dnl The same for a flag of the linker.
AC_DEFUN([ACMEPROXY_LINKER_FLAG], [
AS_VAR_PUSHDEF([cache], [acmeproxy_cv_linker_flag_$2])dnl
AC_CACHE_CHECK([whether linking accepts $2], [cache], [
    save_LDFLAGS=$LDFLAGS
    LDFLAGS="$LDFLAGS $2"
    AC_LINK_IFELSE([AC_LANG_PROGRAM], [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
    LDFLAGS=$save_LDFLAGS
])
AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([cache])dnl
])

dnl ACMEPROXY_LIBRARY(PREFIX, MODULE, WHAT, PACKAGE)
dnl A library found by pkg-config; its absence ends configure with the name of the package.
AC_DEFUN([ACMEPROXY_LIBRARY], [
PKG_CHECK_MODULES([$1], [$2], [], [
    AC_MSG_ERROR([$3 was not found: install the package $4 (Debian's name) and run configure again])
])
])

dnl ACMEPROXY_BOOST(VARIABLE, HEADER, LIBRARY, DEFINE, BODY, PACKAGE)
dnl A library of Boost, which has no pkg-config file: a small program must link.
AC_DEFUN([ACMEPROXY_BOOST], [
AS_VAR_PUSHDEF([cache], [acmeproxy_cv_lib_$3])dnl
AC_CACHE_CHECK([for $3], [cache], [
    save_LIBS=$LIBS
    LIBS="-l$3 $LIBS"
    AC_LINK_IFELSE([AC_LANG_SOURCE([[$4
#include <$2>
$5]])], [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
    LIBS=$save_LIBS
])
AS_VAR_IF([cache], [yes], [], [
    AC_MSG_ERROR([$3 was not found: install the package $6 (Debian's name) and run configure again])
])
AC_SUBST([$1], [-l$3])
AS_VAR_POPDEF([cache])dnl
])

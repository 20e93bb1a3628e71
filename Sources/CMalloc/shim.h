// The options of glibc's malloc, which Swift's own module of glibc leaves out.
#ifndef CMALLOC_SHIM_H
#define CMALLOC_SHIM_H

#include <malloc.h>

#endif

// eventfd is not in Glibc's module, and its flags are macros, which Swift does not import.
#ifndef AALTOHUB_CLIBZMQ_SHIM_H
#define AALTOHUB_CLIBZMQ_SHIM_H

#include <sys/eventfd.h>
#include <zmq.h>

static const int AALTOHUB_EFD_FLAGS = EFD_NONBLOCK | EFD_CLOEXEC;

#endif

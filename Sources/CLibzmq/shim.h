// libzmq's own error numbers and its version are computed macros, which Swift does not import; eventfd is not in Glibc's module.
#ifndef AALTOHUB_CLIBZMQ_SHIM_H
#define AALTOHUB_CLIBZMQ_SHIM_H

#include <errno.h>
#include <sys/eventfd.h>
#include <zmq.h>

static const int AALTOHUB_ZMQ_ETERM = ETERM;
static const int AALTOHUB_ZMQ_VERSION = ZMQ_VERSION;
static const int AALTOHUB_EFD_FLAGS = EFD_NONBLOCK | EFD_CLOEXEC;

#endif

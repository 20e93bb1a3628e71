// zlib, and the two initialisers that are macros: both for the gzip container of RFC 1952.
#ifndef CZLIB_SHIM_H
#define CZLIB_SHIM_H

#include <zlib.h>

// 15 bits of window, +16 = gzip only.
static inline int shim_inflateInit_gzip(z_stream *s) { return inflateInit2(s, 15 + 16); }
static inline int shim_deflateInit_gzip(z_stream *s, int level) {
    return deflateInit2(s, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif

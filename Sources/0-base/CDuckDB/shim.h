// The Arrow C data interface structs (https://arrow.apache.org/docs/format/CDataInterface.html), which duckdb.h
// only forward-declares, then DuckDB's C API.
#ifndef TARN_CDUCKDB_SHIM_H
#define TARN_CDUCKDB_SHIM_H
#include <stdint.h>

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#include <duckdb.h>
#endif

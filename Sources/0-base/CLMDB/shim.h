#ifndef TARN_CLMDB_SHIM_H
#define TARN_CLMDB_SHIM_H
#include <lmdb.h>
#endif

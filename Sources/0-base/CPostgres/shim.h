#ifndef TARN_CPOSTGRES_SHIM_H
#define TARN_CPOSTGRES_SHIM_H
#include <libpq-fe.h>
#endif

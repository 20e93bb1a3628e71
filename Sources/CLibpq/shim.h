// libpq's diagnostic field codes are character-literal macros, which Swift does not import.
#ifndef AALTOHUB_CLIBPQ_SHIM_H
#define AALTOHUB_CLIBPQ_SHIM_H

#include <postgresql/libpq-fe.h>

static const int AALTOHUB_PG_DIAG_SEVERITY = PG_DIAG_SEVERITY_NONLOCALIZED;
static const int AALTOHUB_PG_DIAG_SQLSTATE = PG_DIAG_SQLSTATE;
static const int AALTOHUB_PG_DIAG_MESSAGE_PRIMARY = PG_DIAG_MESSAGE_PRIMARY;
static const int AALTOHUB_PG_DIAG_MESSAGE_DETAIL = PG_DIAG_MESSAGE_DETAIL;
static const int AALTOHUB_PG_DIAG_MESSAGE_HINT = PG_DIAG_MESSAGE_HINT;
static const int AALTOHUB_PG_DIAG_TABLE_NAME = PG_DIAG_TABLE_NAME;
static const int AALTOHUB_PG_DIAG_COLUMN_NAME = PG_DIAG_COLUMN_NAME;
static const int AALTOHUB_PG_DIAG_CONSTRAINT_NAME = PG_DIAG_CONSTRAINT_NAME;

#endif

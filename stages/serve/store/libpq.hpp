// libpq, opened when it is first asked for: it brings twenty shared libraries (TLS, LDAP, Kerberos) that no command at start-up should pay for.
#pragma once

#include <libpq-fe.h>

#include "pipeline/base/result.hpp"

namespace mlopsctl::serve::store {

// The functions we call.
struct Libpq {
  decltype(&PQconnectStartParams) connectStartParams;
  decltype(&PQconnectPoll) connectPoll;
  decltype(&PQconninfoParse) conninfoParse;
  decltype(&PQconninfoFree) conninfoFree;
  decltype(&PQfinish) finish;
  decltype(&PQstatus) status;
  decltype(&PQtransactionStatus) transactionStatus;
  decltype(&PQsocket) socket;
  decltype(&PQsetnonblocking) setnonblocking;
  decltype(&PQflush) flush;
  decltype(&PQerrorMessage) errorMessage;
  decltype(&PQsetNoticeProcessor) setNoticeProcessor;
  decltype(&PQsendPrepare) sendPrepare;
  decltype(&PQsendQueryParams) sendQueryParams;
  decltype(&PQsendQueryPrepared) sendQueryPrepared;
  decltype(&PQconsumeInput) consumeInput;
  decltype(&PQisBusy) isBusy;
  decltype(&PQgetResult) getResult;
  decltype(&PQresultStatus) resultStatus;
  decltype(&PQresultErrorField) resultErrorField;
  decltype(&PQntuples) ntuples;
  decltype(&PQnfields) nfields;
  decltype(&PQgetisnull) getisnull;
  decltype(&PQgetvalue) getvalue;
  decltype(&PQgetlength) getlength;
  decltype(&PQclear) clear;
  decltype(&PQfreemem) freemem;
};

// One per process; an error where it is not installed.
Result<const Libpq*> libpq();

}  // namespace mlopsctl::serve::store

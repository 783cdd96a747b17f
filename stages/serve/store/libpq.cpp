#include "stages/serve/store/libpq.hpp"

#include <dlfcn.h>

#include <string>
#include <type_traits>

namespace mlopsctl::serve::store {

namespace {

struct Loaded {
  Libpq functions{};
  std::string fault;
};

Loaded load() {
  Loaded loaded;
  void* const library = ::dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return loaded.fault = ::dlerror(), loaded;
  Libpq& pq = loaded.functions;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, (std::string("PQ") + name).c_str()));
    if (function == nullptr && loaded.fault.empty()) loaded.fault = "libpq.so.5 has no PQ" + std::string(name);
  };
#define FIND(name) find(pq.name, #name)
  FIND(connectStartParams);
  FIND(connectPoll);
  FIND(conninfoParse);
  FIND(conninfoFree);
  FIND(finish);
  FIND(status);
  FIND(transactionStatus);
  FIND(socket);
  FIND(setnonblocking);
  FIND(flush);
  FIND(errorMessage);
  FIND(setNoticeProcessor);
  FIND(sendPrepare);
  FIND(sendQueryParams);
  FIND(sendQueryPrepared);
  FIND(consumeInput);
  FIND(isBusy);
  FIND(getResult);
  FIND(resultStatus);
  FIND(resultErrorField);
  FIND(ntuples);
  FIND(nfields);
  FIND(getisnull);
  FIND(getvalue);
  FIND(getlength);
  FIND(clear);
  FIND(freemem);
#undef FIND
  return loaded;
}

}  // namespace

Result<const Libpq*> libpq() {
  static const Loaded loaded = load();
  if (!loaded.fault.empty())
    return config_error("libpq, which speaks to PostgreSQL, cannot be opened: " + loaded.fault).with_hint("install it: apt-get install libpq5");
  return &loaded.functions;
}

}  // namespace mlopsctl::serve::store

// Refusal: why an API server says no, as a type. Read from the Status object that it sends.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"

namespace mlopsctl::k8s {

struct Cause {
  std::string type, field, message;
};

struct Refusal {
  int status = 0;
  std::string reason;  // "Conflict", "Forbidden", "NotFound", "Invalid"...; empty where the server gives none
  std::string message;
  std::vector<Cause> causes;
  std::optional<int> retry_after;  // seconds

  bool not_found() const { return status == 404; }
  bool already_exists() const { return reason == "AlreadyExists"; }
  bool expired() const { return status == 410; }
  // 409 by somebody else's ownership of a field, as against stale() by an old resourceVersion: both have the reason Conflict.
  bool owned() const { return status == 409 && !owners().empty(); }
  bool stale() const { return status == 409 && !already_exists() && owners().empty(); }

  struct Owner {
    std::string field;    // ".spec.replicas"
    std::string manager;  // "kubectl-client-side-apply"
    std::string via;      // "autoscaling/v1", or the subresource "scale"; may be empty
  };
  std::vector<Owner> owners() const;
};

// Of the body of an answer that is not 2xx; where it is no Status (a proxy in between), its first line is the message.
Refusal read_refusal(int status, std::string_view body);

// As an error (cluster; timeout for 504): what was refused ("apply Deployment shop/web"), why, and what to do.
Error to_error(const Refusal& refusal, const std::string& what);

}  // namespace mlopsctl::k8s

// Kubernetes quantities as numbers: cores, bytes, pieces.
#pragma once

#include <string_view>

namespace mlopsctl::k8s {

// "250m" -> 0.25, "512Mi" -> 536870912, "1e3" -> 1000; 0 for what is no quantity.
double amount(std::string_view text);

}  // namespace mlopsctl::k8s

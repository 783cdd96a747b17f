// The tables and their versions; the same in both databases.
#pragma once

#include "stages/serve/store/connection.hpp"

namespace mlopsctl::serve::store {

// Brings the schema behind the live connection up to date, one version after another in one transaction; any number of processes may do so
// at once. A newer schema is an error of kind config.
Status migrate(Connection& connection);

}  // namespace mlopsctl::serve::store

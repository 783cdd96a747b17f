// The five-field schedules that the CronJob controller understands (robfig/cron v3, standard parser).
#pragma once

#include <string>
#include <string_view>

namespace mlopsctl::k8s {

// Empty when `text` is one; else what is wrong with it: "hour: expected 0 to 23, got 24".
std::string cron_fault(std::string_view text);

}  // namespace mlopsctl::k8s

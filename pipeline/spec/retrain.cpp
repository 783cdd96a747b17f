#include "pipeline/spec/retrain.hpp"

namespace mlopsctl::spec {

namespace {

constexpr double day = 86400;

TypePtr monitor() {
  return object({required("store", any_of({secret(), text("sqlite:kept.sqlite")}), "The store that `mlopsctl serve --record` writes, or where its address is."),
                 with_default("change", number(0, 1, "0.1"), 0.1, "The change to be found; half of it is let pass."),
                 with_default("run_length", integer(10, 1e9), 100000, "An alarm for nothing comes at most once in so many predictions.")});
}

TypePtr window() {
  return object({required("from", any_of({text("data/labelled.csv"), list(text("data/labelled.csv"), 1)}),
                          "The file, or files, that labelled rows are added to, the newest last; read as the input is. The input's own file is the window."),
                 optional("since", duration("90d"), "Rows of this last time are new; needs `time`."),
                 optional("time", text("created_at"), "The column that says when: RFC 3339, a date, or seconds since 1970."),
                 optional("rows", integer(1, {}, "50000"), "Of the new rows, so many of the last."),
                 with_default("reservoir", integer(0, {}, "5000"), 0, "Of all older rows, so many, drawn at random.")});
}

}  // namespace

TypePtr retrain_type() {
  return object({
      optional("alias", text("feedback"), "Whose model is kept fresh; without it the alias of the only deploy stage with a local target."),
      optional("drift", text("drift"), "A reason: an alarm in the newest report of this drift-check stage, about that very model."),
      optional("monitor", monitor(), "A reason: an alarm of `mlopsctl drift monitor` about that model."),
      optional("age", duration("30d"), "A reason: the model, or the last try to replace it, is this old."),
      optional("labels", integer(1, {}, "500"), "A reason: so many labelled rows came since the last training."),
      with_default("cooldown", duration("7d"), day, "After a training none begins for this time, whatever the reason."),
      with_default("budget",
                   object({with_default("trainings", integer(1, 1e6), 4, "So many trainings at most ..."),
                           with_default("per", duration("30d"), 30 * day, "... in any time this long.")}),
                   Json::object(), "What retraining may cost."),
      with_default("windows", named_map(window()), Json::object(),
                   "The rows to train on, by input: when a training begins, they are chosen and written into the input's file."),
  });
}

}  // namespace mlopsctl::spec

// A training's windows into the inputs' files, and what was there before back again. Every step can be done anew after a crash: what is kept for it lies in
// `folder` (INPUT.next, INPUT.before) until the training has ended.
#pragma once

#include <filesystem>
#include <vector>

#include "pipeline/base/files.hpp"
#include "stages/retrain/journal.hpp"
#include "stages/retrain/window.hpp"

namespace mlopsctl::retrain {

class Swap {
 public:
  Swap(const Policy& policy, std::filesystem::path project, std::filesystem::path folder)
      : policy_(policy), project_(std::move(project)), folder_(std::move(folder)) {}

  // Chooses the rows of all windows and keeps them in the folder, with what they will replace. Changes no input. Errors: as write_window; an input's file is
  // there that no training wrote (`journal`).
  struct Prepared {
    std::vector<Attempt::Written> windows;
    std::vector<Chosen> chosen;
  };
  Result<Prepared> prepare(const Journal& journal, TimePoint at, const CancelToken& cancel) const;
  // Writes them into the inputs' files, where they are not there yet. Errors: the folder has lost them, or the policy
  // the input (stage); somebody else has changed the file meanwhile (config).
  Status install(const Attempt& attempt) const;
  // What was there before; where nothing was, the window stays. Every file that can be: the first error of the others.
  Status put_back(const Attempt& attempt) const;
  // Forgets what was kept.
  Status forget() const { return mlopsctl::remove_all(folder_); }

 private:
  Status bring(const Attempt::Written& written, bool back) const;

  const Policy& policy_;
  std::filesystem::path project_, folder_;
};

}  // namespace mlopsctl::retrain

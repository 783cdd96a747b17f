#include "stages/label/import.hpp"

#include <gmock/gmock.h>

#include "pipeline/base/files.hpp"
#include "tests/support/temporary_folder.hpp"

namespace mlopsctl::label {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Sample sample() {
  return {"new.csv",
          "sha256:in",
          "sha256:one",
          "sha256:two",
          3,
          {"neg", "pos"},
          {{"both name the same label", 90, 1, 0}, {"they differ", 10, 3, 1}},
          {{"a", "fine, \"really\"", 1}, {"b", "bad", 0}, {"c", "so so", 1}, {"d", "odd", 1}}};
}

class LabelImport : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& text) {
    EXPECT_TRUE(write_file(folder_ / name, text).ok());
    return folder_ / name;
  }
  Result<Imported> import(const std::string& filled) { return import_labels(file("filled.csv", filled), {}, sample(), labels_); }
  // "4: message (hint)" of each fault.
  std::vector<std::string> faults(const std::string& filled) {
    const auto result = import(filled);
    std::vector<std::string> all;
    if (result) return all;
    const auto add = [&](const Error& error) {
      all.push_back((error.span ? std::to_string(error.span->line) + ": " : "") + error.message + " (" + error.hint + ")");
    };
    add(result.error());
    for (const Error& further : result.error().also) add(further);
    return all;
  }
  testing::TemporaryFolder folder_;
  std::filesystem::path labels_ = folder_ / "labels.csv";
};

TEST_F(LabelImport, SamplesTravelThroughAFile) {
  const auto path = file("form.csv.sample.json", pretty(to_json(sample())));
  EXPECT_EQ(sample_path(folder_ / "form.csv"), path);
  const Sample read = read_sample(path).value();
  EXPECT_EQ(canonical(to_json(read)), canonical(to_json(sample())));
  EXPECT_EQ(form_of(read, {{{"b", "neg"}}, {}, {}, 0, {}}), "id,text,label\na,\"fine, \"\"really\"\"\",\nc,so so,\nd,odd,\n");
  std::string text = pretty(to_json(sample()));
  text.replace(text.find("sha256:one"), 10, "sha256:six");
  EXPECT_EQ(read_sample(file("form.csv.sample.json", text)).error().message, path.string() + " is not a sample: it was changed");
}

TEST_F(LabelImport, WeighsRowsByWhatTheyStandFor) {
  const Imported imported = import("id,text,label\na,x,pos\nb,x, neg \nc,x,\nd,x,neg\n").value();
  EXPECT_EQ(imported.added, 3);
  EXPECT_EQ(imported.empty, 1);
  const std::string name = sample().name();
  EXPECT_EQ(imported.csv, "id,text,label,weight,stratum,sample,asked_by\na,\"fine, \"\"really\"\"\",pos,5.0,1," + name + ",\nb,bad,neg,90.0,0," + name +
                              ",\nd,odd,neg,5.0,1," + name + ",\n");
  file("labels.csv", imported.csv);
  // Once more: nothing is doubled. One label more: the others stand for fewer.
  const Imported again = import("id,label\na,pos\nb,neg\nc,\nd,neg\n").value();
  EXPECT_EQ(again.added, 0);
  EXPECT_EQ(again.known, 3);
  EXPECT_EQ(again.csv, imported.csv);
  EXPECT_THAT(import("label,id\npos,c\n").value().csv, ::testing::HasSubstr("c,so so,pos,3.3333333333333335,1,"));
}

TEST_F(LabelImport, TellsAllFaultsByLine) {
  EXPECT_THAT(faults("id,label\na,positive\nb,neg\nz,pos\nb,neg\nc,Pos\n"),
              ElementsAre("2: unknown label \"positive\"; the models know: neg, pos (write one of them, or nothing where it cannot be told)",
                          "4: the row \"z\" is none of the sample (leave the column id as it was written)",
                          "5: the row \"b\" stands in line 3 already (remove one of the two)",
                          "6: unknown label \"Pos\"; the models know: neg, pos (did you mean pos?)"));
  EXPECT_FALSE(std::filesystem::exists(labels_));
  file("labels.csv", import("id,label\na,pos\nb,neg\n").value().csv);
  EXPECT_THAT(faults("id,label\na,neg\n"), ElementsAre("2: the row \"a\" is \"neg\" here and \"pos\" in " + labels_.string() + " (mend one of the two)"));
}

TEST_F(LabelImport, PassesOverTheEmptyLinesOfASpreadsheet) {
  EXPECT_EQ(import("\xEF\xBB\xBFid,text,label\r\na,x,pos\r\nb,x,neg\r\n,,\r\n,,\r\n").value().added, 2);
  EXPECT_THAT(faults("id,text,label\n,x,pos\n"), ElementsAre("2: the row \"\" is none of the sample (leave the column id as it was written)"));
}

TEST_F(LabelImport, TellsALargerDrawOfTheSameSample) {
  file("labels.csv", import("id,label\na,pos\nb,neg\nd,neg\n").value().csv);
  Sample smaller = sample();
  smaller.rows.pop_back();
  EXPECT_EQ(known_labels({labels_}, smaller).error().message, "the row \"d\" is of a larger draw of this sample");
}

TEST_F(LabelImport, WantsALabelOfEachStratum) {
  EXPECT_THAT(faults("id,label\na,pos\n"),
              ElementsAre("of the 90 rows where both name the same label none is labelled yet, so nothing can stand for them (label "
                          "more rows, the row b for one; where nobody can, draw more with `mlopsctl label sample --rows` or --agreeing)"));
}

TEST_F(LabelImport, KeepsSamplesApart) {
  Sample other = sample();
  other.seed = 4;
  file("labels.csv", import("id,label\na,pos\nb,neg\n").value().csv);
  const auto fault = import_labels(file("filled.csv", "id,label\na,pos\nb,neg\n"), {}, other, labels_);
  EXPECT_EQ(fault.error().message, "this row is of the sample " + sample().name() + ", not of " + other.name());
  EXPECT_EQ(fault.error().span->line, 2);
  const Known none = known_labels({folder_ / "absent.csv"}, other).value();
  EXPECT_THAT(none.here, IsEmpty());
  EXPECT_THAT(none.absent, ElementsAre(folder_ / "absent.csv"));
}

// Of two strata 90 and 10 rows. Labels for a, b and c were asked for by an older sample.
class LabelsOfOthers : public LabelImport {
 protected:
  void SetUp() override {
    file("labels.csv", import("id,label\na,pos\nb, neg\nc,pos\n").value().csv);
    other_.seed = 4;
    other_.rows = {{"1", "so so", 1}, {"2", "bad", 0}, {"3", "new", 1}, {"4", "newer", 1}, {"5", "newest", 0}, {"6", "so so", 1}};
  }
  Known known() const { return known_labels({labels_}, other_).value(); }
  Result<Imported> import_other(const std::string& filled) { return import_labels(file("other.csv", filled), {}, other_, own_); }

  Sample other_ = sample();
  std::filesystem::path own_ = folder_ / "own.csv";
};

TEST_F(LabelsOfOthers, AreBroughtAlongWithTheirTexts) {
  EXPECT_EQ(form_of(other_, known()), "id,text,label\n1,so so,pos\n2,bad,neg\n3,new,\n4,newer,\n5,newest,\n6,so so,pos\n");
  EXPECT_TRUE(known().file.empty());
  EXPECT_EQ(known_labels({labels_, own_}, other_).value().file, own_);
  EXPECT_EQ(known_labels({labels_}, sample()).value().file, labels_);
  // What the models of today do not know as a label is none.
  other_.labels = {"neg", "positive"};
  EXPECT_EQ(known().unknown, 1);
  EXPECT_EQ(known().brought.size(), 1U);
}

TEST_F(LabelsOfOthers, StandForNoRowThatWasAskedFor) {
  for (auto& row : other_.rows)
    if (const auto asked = known().asked_by; asked.contains(row.id)) row.asked_by = asked.at(row.id);
  // Half of what was asked for is labelled: it stands for all of that, and what was brought along for itself alone.
  const std::string filled = "id,label\n1,pos\n2,neg\n3,neg\n4,\n5,pos\n6,pos\n";
  const std::string name = other_.name(), old = sample().name();
  const std::string csv = import_other(filled).value().csv;
  EXPECT_EQ(csv, "id,text,label,weight,stratum,sample,asked_by\n1,so so,pos,2.5,1," + name + "," + old + "\n2,bad,neg,45.0,0," + name + "," + old +
                     "\n3,new,neg,5.0,1," + name + ",\n5,newest,pos,45.0,0," + name + ",\n6,so so,pos,2.5,1," + name + "," + old + "\n");
  // As it was written, nothing of it was asked for.
  EXPECT_EQ(import_other("id,label\n1,pos\n2,neg\n3,\n4,\n5,\n6,pos\n").error().message,
            "of the 90 rows where both name the same label none that was asked for is labelled yet, so nothing can stand for them");
  // All of it: each as likely as any other of its stratum, as without them. A larger draw knows who asked by the file.
  file("own.csv", csv);
  for (auto& row : other_.rows) row.asked_by.clear();
  EXPECT_THAT(import_other("id,label\n4,neg\n").value().csv, ::testing::HasSubstr("\n4,newer,neg,2.5,1," + name + ",\n5,newest,pos,45.0,0,"));
}

TEST_F(LabelsOfOthers, ThatContradictOneAnotherAreRefused) {
  std::string two = read_file(labels_).value();
  two.replace(two.find("so so,pos"), 9, "so so,neg");
  const auto fault = known_labels({labels_, file("two.csv", two)}, other_);
  EXPECT_EQ(fault.error().message, "the text of this row is \"neg\" here and \"pos\" in " + labels_.string());
  EXPECT_EQ(fault.error().span->line, 4);
}

}  // namespace
}  // namespace mlopsctl::label

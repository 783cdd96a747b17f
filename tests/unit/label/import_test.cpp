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
  EXPECT_EQ(form_of(read, {{{"b", "neg"}}}), "id,text,label\na,\"fine, \"\"really\"\"\",\nc,so so,\nd,odd,\n");
  std::string text = pretty(to_json(sample()));
  text.replace(text.find("sha256:one"), 10, "sha256:six");
  EXPECT_EQ(read_sample(file("form.csv.sample.json", text)).error().message, path.string() + " is not a sample: it was changed");
}

TEST_F(LabelImport, WeighsRowsByWhatTheyStandFor) {
  const Imported imported = import("id,text,label\na,x,pos\nb,x, neg \nc,x,\nd,x,neg\n").value();
  EXPECT_EQ(imported.added, 3);
  EXPECT_EQ(imported.empty, 1);
  const std::string name = sample().name();
  EXPECT_EQ(imported.csv, "id,text,label,weight,stratum,sample\na,\"fine, \"\"really\"\"\",pos,5.0,1," + name + "\nb,bad,neg,90.0,0," + name +
                              "\nd,odd,neg,5.0,1," + name + "\n");
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
  EXPECT_EQ(known_labels(labels_, smaller).error().message, "the row \"d\" is of a larger draw of this sample");
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
  EXPECT_THAT(known_labels(folder_ / "absent.csv", other).value().labels, IsEmpty());
}

TEST_F(LabelImport, BringsLabelsOfAnotherSampleAlongWithTheirTexts) {
  file("labels.csv", import("id,label\na,pos\nb,neg\nc,pos\n").value().csv);
  EXPECT_FALSE(known_labels(labels_, sample()).value().of_another);
  Sample other = sample();
  other.seed = 4;
  other.rows[1].text = "bad, as it is told now";
  other.rows.erase(other.rows.begin() + 3);
  const Known known = known_labels(labels_, other).value();
  EXPECT_TRUE(known.of_another);
  EXPECT_EQ(form_of(other, known), "id,text,label\na,\"fine, \"\"really\"\"\",pos\nb,\"bad, as it is told now\",\nc,so so,pos\n");
  // What the models of today do not know as a label is none.
  other.labels = {"neg", "positive"};
  EXPECT_THAT(known_labels(labels_, other).value().labels, IsEmpty());
}

}  // namespace
}  // namespace mlopsctl::label

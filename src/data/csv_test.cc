#include "data/csv.h"

#include <gtest/gtest.h>

#include <cmath>

#include "data/data.h"
#include "data/test_folder.h"

namespace veil {
namespace {

std::vector<InputSpec> pair_input(std::vector<std::string> labels = {}) { return {{"X", {1, 2}, std::move(labels)}}; }

struct Outcome {
  std::string message;  // without the path
  std::vector<double> values;
  std::size_t rows = 0;
};

Outcome read(const std::string& text, const std::vector<InputSpec>& inputs, const ReadOptions& options = {}) {
  const TestFolder folder;
  const auto path = folder.write("d.csv", text);
  const auto data = read_data(path, inputs, options);
  if (data.ok()) return {"", data->inputs[0].values, data->rows};
  std::string message = data.error().message;
  const std::string where = "'" + path.string() + "'";
  if (const auto at = message.find(where); at != std::string::npos) message.replace(at, where.size(), "FILE");
  return {message, {}, 0};
}

using Values = std::vector<double>;

TEST(Csv, ReadsRows) {
  const Outcome plain = read("a,b\n1,2\n-3.5,4e2\n", pair_input());
  EXPECT_EQ(plain.values, (Values{1, 2, -3.5, 400}));
  EXPECT_EQ(plain.rows, 2u);
  EXPECT_EQ(read("\xef\xbb\xbf\"a\",\"b, c\"\r\n \"1\" , +2\r\n\r\nTrue,false", pair_input()).values,
            (Values{1, 2, 1, 0}));
  EXPECT_EQ(read("a,b\ninf,-Infinity\n", pair_input()).values, (Values{HUGE_VAL, -HUGE_VAL}));
}

TEST(Csv, MatchesColumnsByName) {
  EXPECT_EQ(read("b,a\n1,2\n", pair_input({"a", "b"})).values, (Values{2, 1}));
  EXPECT_EQ(read("b,y,a\n1,9,2\n", pair_input({"a", "b"}), {"y", false, {}}).values, (Values{2, 1}));
  EXPECT_EQ(read("b,z,a\n1,bad,2\n", pair_input({"a", "b"}), {{}, true, {}}).values, (Values{2, 1}));
  EXPECT_EQ(read("b,z,a\n1,9,2\n", pair_input({"a", "b"})).message,
            "FILE has a column 'z' that is no input of the model; remove it, or name it by --labels.");
  EXPECT_EQ(read("b,c\n1,9\n", pair_input({"a", "b"})).message, "FILE lacks the column 'a' that the model needs.");
}

TEST(Csv, CountsColumnsAtSetup) {
  EXPECT_EQ(read("a,y,b\n1,no,2\n", pair_input(), {"y", false, {}}).values, (Values{1, 2}));
  EXPECT_EQ(
      read("a,y,b\n1,9,2\n", pair_input()).message,
      "FILE has 3 columns, but a row of the model is 2 numbers ('X' (1, 2)); leave out columns that are no inputs, "
      "or name the column of the answers by --labels.");
  EXPECT_EQ(read("a\n1\n", pair_input()).message.find("FILE has 1 column, but a row of the model is 2 numbers"), 0u);
  EXPECT_EQ(read("a,b\n1,2\n", pair_input(), {"y", false, {}}).message, "FILE has no column 'y'.");
}

TEST(Csv, SeveralInputs) {
  const TestFolder folder;
  const auto path = folder.write("d.csv", "a,b,c\n1,2,3\n4,5,6\n");
  const auto data = read_data(path, {{"x", {1, 1}, {}}, {"y", {1, 2}, {}}});
  ASSERT_TRUE(data.ok());
  EXPECT_EQ(data->inputs[0].values, (Values{1, 4}));
  EXPECT_EQ(data->inputs[1].values, (Values{2, 3, 5, 6}));
}

TEST(Csv, BadCellsAreNamed) {
  EXPECT_EQ(
      read("a,b\n1,2\n3,four\n", pair_input()).message,
      "FILE, row 2 below the header, column 'b': 'four' is not a number; encode text as numbers, as for the training.");
  EXPECT_EQ(read("a,b\n1,\n", pair_input()).message,
            "FILE, row 1 below the header, column 'b': the cell is empty; every input needs a number.");
  EXPECT_EQ(read("a,b\nNaN,2\n", pair_input()).message,
            "FILE, row 1 below the header, column 'a': NaN is not a number; give it a value.");
  for (const char* text : {"1x", "0x10", "--1", "+-1", "1 2", "1,5\"", "$5"}) {
    EXPECT_NE(read("a,b\n1,\"" + std::string(text) + "\"\n", pair_input()).message, "") << text;
  }
}

TEST(Csv, BadFilesGiveASentence) {
  EXPECT_EQ(read("", pair_input()).message, "FILE is empty; it needs a header line and rows.");
  EXPECT_EQ(read("a,b\n", pair_input()).message, "FILE has a header but no rows.");
  EXPECT_EQ(read("a,b\n1,2\n3\n", pair_input()).message, "FILE has 1 cell in row 2 below the header, but 2 columns.");
  EXPECT_EQ(
      read("a,b\n1,2,3\n", pair_input()).message.find("FILE has 3 cells in row 1 below the header, but 2 columns ("),
      0u);
  EXPECT_EQ(read("a,a\n1,2\n", pair_input()).message.find("FILE has two columns called 'a'"), 0u);
  EXPECT_EQ(read("a;b\n1;2\n", pair_input()).message,
            "FILE separates its columns by something else than commas; save it with commas.");
  EXPECT_EQ(read("a,\xe4\n1,2\n", pair_input()).message.find("FILE is not UTF-8 text"), 0u);
  EXPECT_EQ(read("a,b\n1,\"2\n", pair_input()).message.find("FILE is no CSV table"), 0u);
  EXPECT_EQ(read(std::string("a,b\n1,\0\n", 8), pair_input()).message, "FILE is no CSV table: it is not text.");
}

TEST(Csv, AHeaderOfNumbersIsNone) {
  for (const char* text : {"0.5,1.5\n1,2\n", "1,1\n1,2\n", "-1,-2\n1,2\n", "5,3\n1,2\n"}) {
    EXPECT_NE(read(text, pair_input()).message.find("first line must be a header"), std::string::npos) << text;
  }
  EXPECT_EQ(read("0,1\n3,4\n", pair_input()).values, (Values{3, 4}));        // as pandas counts columns
  EXPECT_EQ(read("2019,2020\n3,4\n", pair_input()).values, (Values{3, 4}));  // names, if unusual ones
  EXPECT_EQ(read("a,1\n3,4\n", pair_input()).values, (Values{3, 4}));
}

TEST(Csv, CellsThatAreNoNumbersGetAdvice) {
  const auto advice = [](const std::string& cell) { return read("a,b\n1,\"" + cell + "\"\n", pair_input()).message; };
  EXPECT_NE(advice("1,5").find("with a decimal point"), std::string::npos);
  EXPECT_NE(advice("20,000").find("with a decimal point"), std::string::npos);
  EXPECT_NE(advice("20%").find("the number alone"), std::string::npos);
  EXPECT_NE(advice("$20").find("the number alone"), std::string::npos);
  EXPECT_NE(advice("NA").find("needs a value"), std::string::npos);
  EXPECT_NE(advice("high").find("encode text"), std::string::npos);
  EXPECT_NE(advice("2024-01-01").find("encode text"), std::string::npos);
}

TEST(Csv, OtherFilesAreNamed) {
  EXPECT_EQ(read("<!DOCTYPE html><html>", pair_input()).message, "FILE is no CSV table: it is a web page.");
  EXPECT_EQ(read("PK\x03\x04 xl/workbook.xml", pair_input()).message, "FILE is no CSV table: it is an Excel workbook.");
  EXPECT_EQ(read("\xff\xfe"
                 "a",
                 pair_input())
                .message,
            "FILE is text in UTF-16; save it as UTF-8.");
  EXPECT_NE(read(",a,b\n0,1,2\n", pair_input()).message.find("index=False"), std::string::npos);
}

TEST(Csv, Labels) {
  const TestFolder folder;
  const auto path = folder.write("d.csv", "a,y,b\n1,good,2\n3,4,5\n");
  EXPECT_EQ(*csv_labels(path), (std::vector<std::string>{"a", "y", "b"}));
  EXPECT_EQ(*csv_labels(path, {"y", false, {}}), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(*read_label_column(path, "y"), (std::vector<Label>{"good", 4.0}));
  EXPECT_FALSE(read_label_column(path, "z").ok());
}

}  // namespace
}  // namespace veil

import Foundation
import Testing

@testable import Shopwire

@Suite struct TimestampTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0.0),
    ("2023-12-18T10:30:00.000Z", 1_702_895_400),
    ("2023-12-18T10:30:00.123456789+01:00", 1_702_891_800.123456789),
    ("2023-12-18T10:30:00.5-09:30", 1_702_929_600.5),
    ("2024-02-29T23:59:59Z", 1_709_251_199),
    ("2023-12-18T10:30Z", 1_702_895_400),
    ("0001-01-01T00:00:00Z", -62_135_596_800),
    ("9999-12-31T23:59:59.999Z", 253_402_300_799.999),
  ])
  func keepsItsTextAndMeansAMoment(_ text: String, _ seconds: Double) throws {
    let timestamp = try #require(Timestamp(text))
    #expect(timestamp.description == text)
    #expect(abs(timestamp.date.timeIntervalSince1970 - seconds) < 0.0001)
    let json = try JSONEncoder().encode([timestamp])
    #expect(try JSONDecoder().decode([Timestamp].self, from: json) == [timestamp])
  }

  @Test(arguments: [
    "", "2023-12-18", "2023-12-18T10:30:00", "2023-12-18 10:30:00Z", "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z",
    "2023-00-10T00:00:00Z", "2023-12-00T00:00:00Z", "2023-12-18T24:00:00Z", "2023-12-18T10:60:00Z",
    "2023-12-18T10:30:60Z",
    "2023-12-18T10:30:00.Z", "2023-12-18T10:30:00+0100", "2023-12-18T10:30:00z", "2023-12-18T10:30:00Z ",
    "٢٠٢٣-12-18T10:30:00Z",
    "1702895400",
  ])
  func refusesAnythingElse(_ text: String) {
    #expect(Timestamp(text) == nil)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([Timestamp].self, from: JSONEncoder().encode([text]))
    }
  }

  @Test(arguments: [
    (0, "2023-12-18T10:30:00.250Z"), (3600, "2023-12-18T11:30:00.250+01:00"),
    (-34_200, "2023-12-18T01:00:00.250-09:30"),
    (50_400, "2023-12-19T00:30:00.250+14:00"),
  ])
  func writesAMomentWithAnOffset(_ offset: Int, _ text: String) throws {
    let date = Date(timeIntervalSince1970: 1_702_895_400.25)
    let timestamp = Timestamp(date, timeZone: try #require(TimeZone(secondsFromGMT: offset)))
    #expect(timestamp.description == text)
    #expect(timestamp.date == date)
  }

  @Test func writesAndReadsAnyDayTheSame() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let milliseconds = Int.random(in: -62_135_596_800_000...253_402_300_799_000, using: &random)
      let written = Timestamp(Date(timeIntervalSince1970: Double(milliseconds) / 1000), timeZone: .gmt)
      let read = try #require(Timestamp(written.description), "\(written)")
      #expect(abs(read.date.timeIntervalSince(written.date)) < 0.001, "\(written)")
    }
  }
}

import Foundation

/// An ISO 8601 date-time with `Z` or an offset. It keeps its text, with every digit of the fraction and the offset, because the
/// server keeps it, too. Two timestamps are equal if their texts are.
public struct Timestamp: Hashable, Sendable, LosslessStringConvertible {
  /// As it stands on the wire: `2023-12-18T10:30:00.000+01:00`.
  public let description: String
  /// The moment that it means.
  public let date: Date

  /// Nil unless the text is a date-time with an offset, of a day that exists.
  public init?(_ description: String) {
    guard let date = Self.date(of: description) else { return nil }
    self.description = description
    self.date = date
  }

  /// A moment, in milliseconds, with the offset of a time zone at that moment.
  public init(_ date: Date = Date(), timeZone: TimeZone = .current) {
    let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
    // JSON has no seconds in offsets; time zones of the 19th century do.
    let offset = timeZone.secondsFromGMT(for: date) / 60
    let local = Int(milliseconds) + offset * 60_000
    let (days, time) = local.floored(by: 86_400_000)
    let day = CivilDay(daysSince1970: days)
    let fields = [
      day.year.padded(to: 4), "-", day.month.padded(to: 2), "-", day.day.padded(to: 2), "T",
      (time / 3_600_000).padded(to: 2), ":", (time / 60_000 % 60).padded(to: 2), ":",
      (time / 1000 % 60).padded(to: 2), ".", (time % 1000).padded(to: 3),
    ]
    let zone =
      offset == 0
      ? "Z" : (offset < 0 ? "-" : "+") + (abs(offset) / 60).padded(to: 2) + ":" + (abs(offset) % 60).padded(to: 2)
    self.description = fields.joined() + zone
    self.date = Date(timeIntervalSince1970: milliseconds / 1000)
  }

  private static func date(of text: String) -> Date? {
    var rest = Substring(text)
    guard let year = rest.take(digits: 4), rest.take("-"), let month = rest.take(digits: 2), rest.take("-"),
      let day = rest.take(digits: 2), rest.take("T"), let hour = rest.take(digits: 2), rest.take(":"),
      let minute = rest.take(digits: 2), hour < 24, minute < 60,
      let civil = CivilDay(year: year, month: month, day: day)
    else { return nil }
    var seconds = Double(civil.daysSince1970 * 86_400 + hour * 3600 + minute * 60)
    if rest.take(":") {
      guard let second = rest.take(digits: 2), second < 60 else { return nil }
      seconds += Double(second)
      if rest.take(".") {
        let fraction = rest.prefix { $0.isASCII && $0.isNumber }
        guard !fraction.isEmpty, let value = Double("0.\(fraction)") else { return nil }
        rest.removeFirst(fraction.count)
        seconds += value
      }
    }
    if rest == "Z" { return Date(timeIntervalSince1970: seconds) }
    let isWest = rest.first == "-"
    guard rest.take("+") || rest.take("-"), let hours = rest.take(digits: 2), rest.take(":"),
      let minutes = rest.take(digits: 2), hours < 24, minutes < 60, rest.isEmpty
    else { return nil }
    let offset = Double(hours * 3600 + minutes * 60)
    return Date(timeIntervalSince1970: isWest ? seconds + offset : seconds - offset)
  }
}

extension Timestamp: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let timestamp = Timestamp(text) else {
      let reason = "expected an ISO 8601 date-time with an offset or Z, got \(text)"
      throw DecodingError.dataCorruptedError(in: container, debugDescription: reason)
    }
    self = timestamp
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// A day of the Gregorian calendar.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil` and `civil_from_days`.
private struct CivilDay {
  let year: Int
  let month: Int
  let day: Int

  /// Nil for a day that does not exist.
  init?(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
    let same = CivilDay(daysSince1970: daysSince1970)
    guard (1...12).contains(month), same.month == month, same.day == day else { return nil }
  }

  init(daysSince1970: Int) {
    let (era, dayOfEra) = (daysSince1970 + 719_468).floored(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    month = shifted < 10 ? shifted + 3 : shifted - 9
    day = dayOfYear - (153 * shifted + 2) / 5 + 1
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSince1970: Int {
    let (era, yearOfEra) = (month <= 2 ? year - 1 : year).floored(by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

extension Int {
  /// Quotient and remainder; the remainder is never negative.
  fileprivate func floored(by divisor: Int) -> (Int, Int) {
    let remainder = ((self % divisor) + divisor) % divisor
    return ((self - remainder) / divisor, remainder)
  }

  fileprivate func padded(to width: Int) -> String {
    let digits = String(self)
    return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
  }
}

extension Substring {
  fileprivate mutating func take(_ character: Character) -> Bool {
    guard first == character else { return false }
    removeFirst()
    return true
  }

  fileprivate mutating func take(digits count: Int) -> Int? {
    let digits = prefix(count)
    guard digits.count == count, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    removeFirst(count)
    return Int(digits)
  }
}

import Foundation
import Testing

@testable import Shopwire

extension OnTheProduct {
  /// A program with an outbox, killed with SIGKILL again and again.
  @Suite struct KillTests {
    /// Built beside the tests.
    private var program: URL {
      URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "outbox-program")
    }

    /// Runs the program, and kills it after a while, or after two minutes: it hangs.
    ///
    /// - Returns: the numbers of the events that it has queued, and whether it was done
    private func run(_ arguments: [String], killAfter time: Duration = .seconds(120)) async throws -> (
      queued: [Int], isDone: Bool
    ) {
      let process = Process()
      let output = Pipe()
      process.executableURL = program
      process.arguments = arguments
      process.standardOutput = output
      try process.run()
      let killer = Task {
        try await Task.sleep(for: time, clock: .continuous)
        kill(process.processIdentifier, SIGKILL)
      }
      defer { killer.cancel() }
      // Not on a thread of the tasks: there are as few as the machine has cores, and the other tests need them.
      let printed = await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
          continuation.resume(returning: output.fileHandleForReading.readDataToEndOfFile())
        }
      }
      process.waitUntilExit()
      let lines = String(decoding: printed, as: UTF8.self).split(separator: "\n")
      return (lines.compactMap { Int($0) }, lines.last == "done")
    }

    @Test func storesEachQueuedEventOnce() async throws {
      let shop = UUID()
      let directory = try TemporaryDirectory()
      // Some answers get lost, too.
      let door = try await PlayedDoor(
        (1...60).flatMap { _ in [PlayedDoor.Rule(do: "pass", times: 2), .init(do: "lose")] })
      var queued: [Int] = []
      var next = 1
      for _ in 1...25 {
        let arguments = [door.url.absoluteString, shop.uuidString, directory.url.path, String(next), "40"]
        let run = try await run(arguments, killAfter: .milliseconds(Int.random(in: 5...400)))
        queued += run.queued
        // Any of its numbers may be queued without having been told.
        next += 40
      }
      #expect(!queued.isEmpty)
      let last = try await run(
        [Product.edge.absoluteString, shop.uuidString, directory.url.path, String(next), "1"])
      #expect(last.isDone)
      let stored = try await Product.stored(shop).map(\.actionID)
      #expect(stored == stored.sorted())
      #expect(Set(stored).count == stored.count, "an event is stored twice")
      #expect(Set(queued + last.queued).subtracting(stored).isEmpty, "an event is lost")
    }
  }
}

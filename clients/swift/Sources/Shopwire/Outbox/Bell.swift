import Foundation

/// Wakes the sender of an outbox. There is one waiter at a time.
final class Bell: Sendable {
  enum Reason {
    /// Something is queued.
    case work
    /// The app asks to try again.
    case retry
  }

  private struct State {
    var waiter: (reason: Reason, number: Int, continuation: CheckedContinuation<Void, Never>)?
    var number = 0
    /// What it rang for while nobody waited for it.
    var missed: Set<Reason> = []
  }

  private let state = Locked(State())

  func ring(_ reason: Reason) {
    state.withLock { state in
      if let waiter = state.waiter, waiter.reason == reason {
        state.waiter = nil
        waiter.continuation.resume()
      } else {
        state.missed.insert(reason)
      }
    }
  }

  /// Returns when the bell rings for this reason, when the time is over, or when the task is cancelled.
  func wait(for reason: Reason, atMost time: Duration?) async {
    let number = state.withLock { state in
      state.number += 1
      return state.number
    }
    var timer: Task<Void, Never>?
    defer { timer?.cancel() }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.missed.remove(reason) != nil || Task.isCancelled { return true }
          state.waiter = (reason, number, continuation)
          return false
        }
        if isOver { return continuation.resume() }
        // Only now: a short time could be over before there is a waiter to wake.
        timer = time.map { time in
          Task {
            try? await Task.sleep(for: time, clock: .continuous)
            end(number)
          }
        }
      }
    } onCancel: {
      end(number)
    }
  }

  private func end(_ number: Int) {
    state.withLock { state in
      guard let waiter = state.waiter, waiter.number == number else { return }
      state.waiter = nil
      waiter.continuation.resume()
    }
  }
}

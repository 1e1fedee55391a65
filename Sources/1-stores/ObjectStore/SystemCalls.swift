import Glibc

/// The calls that `LocalStore` makes to the operating system, one way for all of them.
///
/// A call answers a number from 0 on, or the negated error number, as the kernel does. An interrupted call is repeated.
/// Tests put a fault in the place of any step, or after it.
package struct SystemCalls: Sendable {
    package enum Step: Hashable, Sendable, CaseIterable {
        case makeFolder, openUnnamed, openTemporary, openTarget, write, sync, link, rename, unlink,
            openFolder,
            syncFolder
    }

    package enum Fault: Sendable {
        /// The step is not done and answers this error number.
        case instead(Int32)
        /// The step is done, but its answer is lost and this error number comes instead, as on a network file system.
        case after(Int32)
    }

    /// Asked before every step that writes, where `nil` lets the step pass.
    ///
    /// Only tests set it.
    private let fault: (@Sendable (Step) -> Fault?)?

    package init(fault: (@Sendable (Step) -> Fault?)? = nil) { self.fault = fault }

    func attempt(_ step: Step, _ body: () -> Int) -> Int {
        switch fault?(step) {
        case nil: return Self.retrying(body)
        case .instead(let code): return -Int(code)
        case .after(let code):
            let result = Self.retrying(body)
            return result < 0 ? result : -Int(code)
        }
    }

    /// Repeats `body` while it is interrupted; reads go here directly.
    static func retrying(_ body: () -> Int) -> Int {
        while true {
            let result = body()
            if result >= 0 { return result }
            if errno != EINTR { return -Int(errno) }
        }
    }
}

extension StorageError {
    /// The error for a failed system call, where `result` is the negated error number that it answered.
    init(_ operation: String, _ path: String, result: Int) {
        switch Int32(-result) {
        case ENOENT, ENOTDIR: self = .notFound(path)
        case EEXIST: self = .alreadyExists(path)
        case ENOSPC, EDQUOT: self = .full(path)
        case EACCES, EPERM, EROFS: self = .denied(path)
        case let code:
            self = .failed(operation: operation, path: path, reason: String(cString: strerror(code)))
        }
    }
}

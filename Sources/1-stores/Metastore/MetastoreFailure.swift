import Base
import GRDB

/// SQLite's errors in the words of the house, without SQL and without paths.
enum MetastoreFailure {
    static func tarnError(_ error: any Error, doing action: String) -> TarnError {
        switch error {
        case let error as TarnError: error
        case is CancellationError:
            TarnError(.cancelled, "Cannot \(action): the call was cancelled.", cause: error)
        case let error as DatabaseError: tarnError(error, doing: action)
        default: TarnError(.internal, "Cannot \(action): an unforeseen error.", cause: error)
        }
    }

    private static func tarnError(_ error: DatabaseError, doing action: String) -> TarnError {
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            TarnError(
                .storage, "Cannot \(action): another process kept it busy for too long. Try again.",
                isRetryable: true, cause: error)
        case .SQLITE_FULL:
            TarnError(
                .resourceExhausted,
                "Cannot \(action): no space is left. Free some space and repeat; nothing was changed.",
                isRetryable: true, cause: error)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            TarnError(
                .corruptMetadata,
                "Cannot \(action): the file is damaged or no metastore. Restore it from a backup.",
                cause: error)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN, .SQLITE_AUTH:
            TarnError(
                .storage,
                "Cannot \(action): permission was denied. Check the owner and mode of the home folder.",
                cause: error)
        case .SQLITE_IOERR:
            TarnError(.storage, "Cannot \(action): the disk failed.", isRetryable: true, cause: error)
        case .SQLITE_INTERRUPT, .SQLITE_ABORT:
            TarnError(.cancelled, "Cannot \(action): the call was cancelled.", cause: error)
        case .SQLITE_MISUSE:
            TarnError(
                .failedPrecondition, "Cannot \(action): it is closed. Open the lakehouse again.", cause: error
            )
        default:
            TarnError(.internal, "Cannot \(action): an unforeseen error of the database.", cause: error)
        }
    }
}

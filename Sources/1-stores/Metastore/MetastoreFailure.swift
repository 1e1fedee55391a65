import Base
import GRDB

/// The databases' errors in the words of the house, without SQL, paths, hosts and passwords.
enum MetastoreFailure {
    static var madeByNewerVersion: TarnError {
        TarnError(
            .unsupported,
            "The metastore was made by a newer version of Tarn. Use that version, or a copy of the home from before."
        )
    }

    static var damaged: TarnError {
        TarnError(.corruptMetadata, "The metastore is damaged. Restore it from a backup.")
    }

    static func tarnError(_ error: any Error, doing action: String) -> TarnError {
        switch error {
        case let error as TarnError: error
        case is CancellationError:
            TarnError(.cancelled, "Cannot \(action): the call was cancelled.", cause: error)
        case let error as DatabaseError: tarnError(error, doing: action)
        case let error as PostgresError: tarnError(error, doing: action)
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

    private static func tarnError(_ error: PostgresError, doing action: String) -> TarnError {
        if error.isClosed {
            return TarnError(
                .failedPrecondition, "Cannot \(action): it is closed. Open the lakehouse again.", cause: error
            )
        }
        if error.isUnreachable {
            return TarnError(
                .storage, "Cannot \(action): its database cannot be reached. Try again.", isRetryable: true,
                cause: error)
        }
        switch error.state {
        case "55P03", "40001", "40P01":
            return TarnError(
                .storage, "Cannot \(action): another process kept it busy for too long. Try again.",
                isRetryable: true, cause: error)
        case "57014":
            return TarnError(.cancelled, "Cannot \(action): the call was cancelled.", cause: error)
        case "53100", "53200":
            return TarnError(
                .resourceExhausted,
                "Cannot \(action): its database has no space left. Free some space and repeat; nothing was changed.",
                isRetryable: true, cause: error)
        case "28000", "28P01":
            return TarnError(
                .storage,
                "Cannot \(action): its database refused the user. Check user and password (metastore.url, PGPASSWORD or ~/.pgpass).",
                cause: error)
        case "3D000":
            return TarnError(
                .storage,
                "Cannot \(action): there is no such database. Make it with createdb, or correct metastore.url.",
                cause: error)
        case "42501", "25006":
            return TarnError(
                .storage,
                "Cannot \(action): permission was denied. Its user needs CREATE on the database, or a schema that is his own.",
                cause: error)
        case "XX001", "XX002":
            return TarnError(
                .corruptMetadata, "Cannot \(action): its database is damaged. Restore it from a backup.",
                cause: error)
        default:
            return TarnError(
                .internal, "Cannot \(action): an unforeseen error of the database.", cause: error)
        }
    }
}

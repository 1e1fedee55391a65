internal import Base
internal import Glibc

/// The segment that is being written: bytes go to its end, and are there or not.
final class JournalFile {
    private let descriptor: Int32
    private(set) var size: Int
    let segment: JournalFolder.Segment

    /// Makes the file with its header, durably.
    init(_ folder: JournalFolder, _ segment: JournalFolder.Segment, header: [UInt8]) throws(TarnError) {
        self.segment = segment
        size = 0
        descriptor = open(folder.file(segment), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw AuditFailure.storage("make a journal of the audit log") }
        do throws(TarnError) {
            try append(header)
            try sync()
            try folder.sync()
        } catch {
            unlink(folder.file(segment))
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Writes all of the bytes, or takes back what it wrote of them.
    func append(_ bytes: [UInt8]) throws(TarnError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                buffer.baseAddress.map {
                    pwrite(descriptor, $0 + done, buffer.count - done, off_t(size + done))
                } ?? 0
            }
            if count < 0 {
                if errno == EINTR { continue }
                let error = AuditFailure.storage("write to the audit log")
                _ = ftruncate(descriptor, off_t(size))
                throw error
            }
            done += count
        }
        size += bytes.count
    }

    func sync() throws(TarnError) {
        if fdatasync(descriptor) != 0 { throw AuditFailure.storage("save the audit log") }
    }
}

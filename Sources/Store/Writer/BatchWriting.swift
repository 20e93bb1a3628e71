import Events
import PostgreSQL
import Primitives
import WriterCore

/// Writes the accepted records of one transaction, and finds by bisection what Postgres will not take.
struct BatchWriting {
    private let session: Session
    private let producer: ProducerKey
    private var account: String { producer.account }
    private let timeoutsBefore: Int
    /// What is to be sent before the first of it; where nothing was, it is still here.
    private(set) var before: [Call]
    private(set) var changes: [RowChange] = []
    private(set) var failed: [FailedPiece] = []
    private(set) var pieces: [Piece] = []
    /// SQLSTATEs of `failed`, where Postgres gave one.
    private(set) var states: [String?] = []

    init(_ session: Session, producer: ProducerKey, timeoutsBefore: Int, before: [Call] = []) {
        self.session = session
        self.producer = producer
        self.timeoutsBefore = timeoutsBefore
        self.before = before
    }

    /// Stores what can be stored, and the rest as dead letters.
    mutating func write(_ accepted: [AcceptedRecord]) throws {
        let (pieces, unreadable) = WriterCore.pieces(of: accepted)
        try write(pieces, unreadable)
        try storeFailed()
    }

    /// Stores what can be stored; the rest stands in `failed`.
    mutating func write(_ pieces: [Piece], _ unreadable: [FailedPiece]) throws {
        failed = unreadable
        states = unreadable.map { _ in nil }
        var search = Bisection(count: pieces.count)
        var blame = TimeoutBlame(timeoutsBefore: timeoutsBefore, changes: pieces.count)
        var timeout: PostgresError?
        while let range = search.next {
            do {
                let folded = fold(pieces[range])
                let rows = rows(of: folded)
                let first = before
                before = []
                changes += try session.savepoint(after: first, beginningWith: rows.map(\.call)) { try apply(folded, rows, $0) }
                self.pieces += pieces[range]
                search.succeeded()
            } catch let error as PostgresError where session.isOpen && !session.isTransactionFailed {
                switch FailureClass(error) {
                case .data: break
                case .timeout:
                    guard blame.timedOut(changes: range.count, anyStored: !changes.isEmpty) else { throw error }
                    timeout = error
                case .conflict, .environment, .operators: throw error
                }
                if range.count == 1 {
                    failed.append(FailedPiece(pieces[range.lowerBound], error: "\(error)"))
                    states.append(error.sqlState)
                }
                search.failed(error: "\(error)")
            }
        }
        if let timeout, !blame.isProven(anyStored: !changes.isEmpty) { throw timeout }
    }

    /// Stores what is all new in one pipeline with whatever goes before it and with COMMIT; what the database refuses of it leaves nothing.
    ///
    /// - Parameter folded: `isNews`.
    /// - Returns: the rows that are new.
    static func commit(
        _ folded: Folded, after first: [Call], _ session: Session, producer: ProducerKey
    ) throws(PostgresError) -> [RowChange] {
        let rows = BatchWriting(session, producer: producer, timeoutsBefore: 0).rows(of: folded, asNews: true)
        let answers = try session.transaction(of: first + rows.map(\.call))
        return zip(rows, answers.dropFirst(first.count)).flatMap { row, answer in row.changed.map { answer.map($0) } ?? [] }
    }

    /// A statement of a batch, and what its answer tells of rows that it changed.
    private struct RowCall {
        var call: Call
        var changed: ((Row) -> RowChange)?

        init(_ statement: Statement, _ parameters: [Parameter], _ changed: ((Row) -> RowChange)? = nil) {
            call = Call(statement, parameters)
            self.changed = changed
        }
    }

    /// The rows of a batch; no statement of them needs another's answer.
    private func rows(of folded: Folded, asNews: Bool = false) -> [RowCall] {
        // First, so that messages of the new supergroup in the same batch find it registered.
        var out = folded.migrations.map { migration in
            RowCall(
                MessageStatements.migrate,
                [.text(account), .bigint(migration.basicGroupID), .bigint(migration.channelID), .bigint(migration.maxID)])
        }
        if !folded.messages.isEmpty {
            let isRetry = Parameter.bool(producer.role == DeadLetterRetry.role)
            let statement = asNews ? MessageStatements.insert : MessageStatements.merge
            out.append(
                RowCall(statement, [.text(account)] + folded.messages.parameters + [isRetry]) {
                    RowChange(chat: $0.chat(0), messageID: $0.integer(2), kind: $0.bool(3) ? .inserted : .updated)
                })
            let newest = folded.newestMessages
            out.append(
                RowCall(
                    MessageStatements.lastMessage,
                    [.text(account)] + newest.map(\.chat).parameters + [
                        .timestamptzs(newest.map { UnixTime(seconds: $0.date) }), .bigints(newest.map(\.id)),
                        .bool(producer.role == "listener"),
                    ]))
            let shown = folded.messages.filter { $0.content.mediaID != 0 && $0.content.mediaType != nil }
            if !shown.isEmpty {
                out.append(
                    RowCall(MediaStatements.queue, [.text(account)] + shown.map(\.chat).parameters + [.bigints(shown.map(\.id))]))
            }
        }
        if !folded.deletions.isEmpty {
            let rows = folded.deletions
            out.append(
                RowCall(
                    MessageStatements.delete,
                    [.text(account)] + rows.map(\.chat).parameters + [.bigints(rows.map(\.id))] + rows.map(\.mark).parameters
                ) { RowChange(chat: $0.chat(0), messageID: $0.integer(2), kind: .deleted) })
        }
        if !folded.chatlessDeletions.isEmpty {
            let rows = folded.chatlessDeletions
            out.append(
                RowCall(
                    MessageStatements.deleteChatless, [.text(account), .bigints(rows.map(\.id))] + rows.map(\.mark).parameters
                ) { RowChange(chat: $0.chat(0), messageID: $0.integer(2), kind: .deleted) })
        }
        if !folded.groupStates.isEmpty {
            let rows = folded.groupStates
            out.append(
                RowCall(
                    MessageStatements.groupState,
                    [.text(account)] + rows.map(\.chat).parameters + [.bools(rows.map(\.lostAccess)), .texts(rows.map(\.reason))]))
        }
        return out + backfillRows(of: folded)
    }

    /// What these rows changed, and what could only be said after them.
    private func apply(_ folded: Folded, _ rows: [RowCall], _ answers: [Rows]) throws -> [RowChange] {
        var out: [RowChange] = []
        for (row, answer) in zip(rows, answers) {
            guard let changed = row.changed else { continue }
            let changes = answer.map(changed)
            if row.call.statement.name == MessageStatements.merge.name { try keepVersions(of: folded, merged: changes) }
            out += changes
        }
        // Last: it speaks of what is stored by now.
        if !folded.progress.isEmpty { try ProgressTable(session, account: account).store(folded.progress) }
        return out
    }

    /// Keeps the versions that lost, or won over another one; what a row showed before is kept by the merge itself.
    private func keepVersions(of folded: Folded, merged: [RowChange]) throws {
        var copies = folded.versions
        // A message that was not there before has but the versions of this batch.
        if merged.count(where: { $0.kind == .inserted }) < folded.messages.count {
            var known = Set(merged.lazy.filter { $0.kind == .inserted }.map { RowName(chat: $0.chat, id: $0.messageID) })
            known.formUnion(folded.versions.lazy.map { RowName(chat: $0.chat, id: $0.id) })
            copies += folded.messages.filter { !known.contains(RowName(chat: $0.chat, id: $0.id)) }.map(\.version)
        }
        guard !copies.isEmpty else { return }
        let missing = try session.query(
            VersionStatements.missing,
            [.text(account)] + copies.names + [
                .bools(copies.map(\.key.settled)), .bigints(copies.map(\.key.generation)), .bigints(copies.map(\.key.pts)),
            ]
        ).map { copies[Int($0.integer(0)) - 1] }
        if !missing.isEmpty { try session.query(VersionStatements.keep, [.text(account)] + missing.names + missing.contents) }
    }

    private struct RowName: Hashable {
        var chat: ChatKey
        var id: Int64
    }

    /// What comes beside messages.
    private func backfillRows(of folded: Folded) -> [RowCall] {
        var out: [RowCall] = []
        if !folded.counters.isEmpty {
            let rows = folded.counters
            out.append(
                RowCall(
                    MessageStatements.counters,
                    [.text(account)] + rows.map(\.chat).parameters + [
                        .bigints(rows.map(\.id)), .jsonbs(rows.map { $0.reactions?.value.orNil }),
                        .byteas(rows.map { $0.reactions?.key.bytes ?? [] }), .bigints(rows.map(\.views)), .bigints(rows.map(\.forwards)),
                    ]
                ) { RowChange(chat: $0.chat(0), messageID: $0.integer(2), kind: .updated) })
        }
        if !folded.mediaStored.isEmpty {
            let rows = folded.mediaStored
            out.append(
                RowCall(
                    MediaStatements.stored,
                    [
                        .texts(rows.map(\.kind.rawValue)), .bigints(rows.map(\.id)), .texts(rows.map(\.key)), .texts(rows.map(\.url)),
                        .bigints(rows.map(\.size)), .byteas(rows.map(\.sha256)), .texts(rows.map { $0.mimeType.orNil }),
                    ]
                ) { RowChange(chat: $0.chat(0), messageID: $0.integer(2), kind: .updated) })
        }
        if !folded.groupInfos.isEmpty {
            let rows = folded.groupInfos
            out.append(
                RowCall(
                    GroupStatements.info,
                    rows.map(\.chat).parameters + [.texts(rows.map(\.title)), .texts(rows.map(\.username)), .bools(rows.map(\.isForum))]))
        }
        if !folded.topics.isEmpty {
            let rows = folded.topics
            out.append(
                RowCall(
                    GroupStatements.topics,
                    [.text(account)] + rows.map(\.chat).parameters + [
                        .bigints(rows.map(\.id)), .texts(rows.map(\.title)), .bools(rows.map(\.isClosed)), .bools(rows.map(\.isHidden)),
                        .bools(rows.map(\.isDeleted)), .timestamptzs(rows.map { UnixTime(seconds: $0.observedAt) }),
                    ]))
        }
        return out
    }

    func storeFailed() throws {
        guard !failed.isEmpty else { return }
        try session.query(
            MessageStatements.fail,
            [
                .text(account), .texts(failed.map { $0.chat?.column }), .bigints(failed.map { $0.chat?.id }),
                .bigints(failed.map(\.messageID)), .jsonbs(failed.map(\.summary)),
                .texts(failed.map { $0.error.replacing("\0", with: "\u{FFFD}") }), .byteas(failed.map(\.stream.bytes)),
                .bigints(failed.map { Int64($0.number) }), .texts(states), .byteas(failed.map(\.payload)),
                .timestamptzs(failed.map { $0.receivedAt.map { UnixTime(nanoseconds: $0) } }),
            ])
    }
}

extension Row {
    /// The chat in the columns chat_type and telegram_id from `column` on.
    func chat(_ column: Int) -> ChatKey { ChatKey(chatType: text(column), id: integer(column + 1)) }
}

extension ChatKey {
    /// The value of groups.chat_type.
    var column: String {
        switch self {
        case .basicGroup: "group"
        case .channel: "channel"
        }
    }
}

extension [ChatKey] {
    /// The columns chat_type and chat_id.
    var parameters: [Parameter] { [.texts(map(\.column)), .bigints(map(\.id))] }
}

extension [DeletionMark] {
    /// The columns deleted_at and presumed.
    fileprivate var parameters: [Parameter] {
        [.timestamptzs(map { UnixTime(nanoseconds: $0.deletedAt) }), .bools(map(\.presumed))]
    }
}

extension [MessageRow] {
    /// The columns of `MessageStatements.merge`, in its order, but for the last one.
    fileprivate var parameters: [Parameter] {
        map(\.chat).parameters + [
            .bigints(map(\.id)), .timestamptzs(map { UnixTime(seconds: $0.content.date) }), .timestamptzs(map(\.shownEditTime)),
            .bigints(map(\.content.senderID)), .texts(map(\.content.text)), .jsonbs(map { $0.content.entities.orNil }),
            .texts(map(\.content.mediaType)), .texts(map(\.content.mediaKind)), .jsonbs(map { $0.content.media.orNil }),
            .bigints(map { $0.content.mediaID == 0 ? nil : Int64(bitPattern: $0.content.mediaID) }), .bigints(map(\.content.replyTo)),
            .jsonbs(map { $0.content.reply.orNil }), .bigints(map(\.content.topicID)), .bigints(map(\.content.groupedID)),
            .jsonbs(map { $0.content.forward.orNil }),
            .bigints(map(\.content.viaBotID)), .jsonbs(map { $0.content.service.orNil }), .bigints(map(\.key.editDate)),
            .bools(map(\.key.settled)), .bigints(map(\.key.generation)), .bigints(map(\.key.pts)), .byteas(map(\.key.hash.bytes)),
            .jsonbs(map { $0.reactions?.value.orNil }), .byteas(map { $0.reactions?.key.bytes ?? [] }),
            .texts(map { $0.senderName?.value }),
            .byteas(map { $0.senderName?.key.bytes ?? [] }), .bigints(map(\.views)), .bigints(map(\.forwards)),
            .timestamptzs(map { $0.deletion.map { UnixTime(nanoseconds: $0.deletedAt) } }), .bools(map { $0.deletion?.presumed }),
            .bigints(map(\.unsettledEditDate)), .timestamptzs(map { UnixTime(nanoseconds: $0.firstReceivedAt) }),
        ]
    }
}

extension [MessageVersion] {
    /// What names a version: the first columns of the statements that keep them.
    fileprivate var names: [Parameter] {
        map(\.chat).parameters + [.bigints(map(\.id)), .bigints(map(\.key.editDate)), .byteas(map(\.hash))]
    }

    /// The columns after `names` of `VersionStatements.keep`, in its order.
    fileprivate var contents: [Parameter] {
        [
            .bools(map(\.isHidden)), .texts(map(\.content.text)), .jsonbs(map { $0.content.entities.orNil }),
            .texts(map(\.content.mediaType)), .texts(map(\.content.mediaKind)),
            .bigints(map { $0.content.mediaID == 0 ? nil : Int64(bitPattern: $0.content.mediaID) }), .bools(map(\.key.settled)),
            .bigints(map(\.key.generation)), .bigints(map(\.key.pts)), .timestamptzs(map { UnixTime(nanoseconds: $0.receivedAt) }),
        ]
    }
}

extension MessageRow {
    /// The time of the last edit that people are shown.
    fileprivate var shownEditTime: UnixTime? { key.editDate > 0 && !content.editHide ? UnixTime(seconds: key.editDate) : nil }
}

extension String {
    fileprivate var orNil: String? { isEmpty ? nil : self }
}

extension FailedPiece {
    /// What a person looking at the dead letters reads: the predecessor's column. The bytes beside it are what a retry decodes.
    fileprivate var summary: String {
        var members: [JSON.Member] = [
            .init("chat", chat.map { .string($0.description) } ?? .null), .init("message_id", messageID.map { .integer($0) } ?? .null),
            .init("bytes", .integer(Int64(payload.count))),
        ]
        if let message = try? WirePayload(serializedBytes: payload).changes.first?.message {
            members.append(.init("text", message.hasText ? .string(message.text.replacing("\0", with: "\u{FFFD}")) : .null))
            members.append(.init("date", .integer(message.date)))
        }
        return JSON.object(members).text
    }
}

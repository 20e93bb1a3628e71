"""What is wrong with the database, by the simulator's own word: lost, duplicated, and holes that nobody recorded."""
import collections, itertools

KINDS = {"basic": "group", "supergroup": "channel", "channel": "channel"}  # of a group, as the table has it


def duplicated(world):
    """Messages that stand twice, were announced as new twice, or have more versions than they were ever given."""
    query = world.stack.query
    found = [
        ("stands twice", *row) for row in query(
            "select group_id::text, telegram_message_id, count(*) from messages group by 1, 2 having count(*) > 1")]
    found += [
        ("announced as new twice", *row) for row in query(
            "select group_id::text, telegram_message_id, count(*) from aaltohub.outbox where event = 'insert' group by 1, 2 having count(*) > 1")]
    found += [
        ("is deleted twice", *row) for row in query(
            "select coalesce(group_id::text, account), telegram_message_id, count(*) from aaltohub.tombstones group by 1, 2 having count(*) > 1")]
    if query("select to_regclass('aaltohub.message_versions')")[0][0]:
        names = {(KINDS[chat["kind"]], chat["id"]): name for name, chat in world.chats.items()}
        for kind, chat, number, count in query(
            "select g.chat_type, g.telegram_id, v.telegram_message_id, count(*) from aaltohub.message_versions v"
            " join groups g on g.id = v.group_id group by 1, 2, 3"
        ):
            known = world.versions(names[kind, chat], number)
            if known is not None and count > known:
                found.append(("has versions that never were", names[kind, chat], number, count, known))
    return found


def unrecorded(world, wrong):
    """Stretches of messages that are not as they should be, in boxes of which no gap tells."""
    gaps = {(box, channel) for box, channel in world.stack.query("select distinct box, channel_id from aaltohub.gaps")}
    by_chat = collections.defaultdict(list)
    for (name, number), *_ in wrong:
        by_chat[name].append(number)
    found = []
    for name, numbers in sorted(by_chat.items()):
        chat = world.chats[name]
        box = ("common", 0) if chat["kind"] == "basic" else ("channel", chat["id"])
        if box in gaps:
            continue
        # Numbers of one stretch differ from their place by the same.
        for _, stretch in itertools.groupby(enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0]):
            numbers_of_it = [number for _, number in stretch]
            found.append((name, numbers_of_it[0], numbers_of_it[-1]))
    return found

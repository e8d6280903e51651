"""Grants: from the settings and from admins, by account and never by name."""

from memory.audit import Audit
from memory.database import Database
from memory.grants import Grants, Kind, Privilege
from memory.people import People
from memory.records import Account
from tests.fakes.household import NOW, author, discord, telegram

ANA, HER_DISCORD = telegram("7"), discord("70")


async def test_the_settings_lists_hold_without_a_row(database: Database) -> None:
    grants = Grants(database, admins=["telegram:7"], users=["discord:8"], groups=["telegram:-1"], servers=["discord:5"])
    book = await grants.book()
    assert book.is_admin(ANA, None)
    assert book.is_allowed(discord("8"), None)
    assert not book.is_admin(discord("8"), None)
    assert book.holds(Privilege.ALLOWED, Kind.CHAT, ["telegram:-1"])
    assert book.holds(Privilege.ALLOWED, Kind.SERVER, ["discord:5"])
    assert not book.is_allowed(discord("7"), None), "the same number on another platform is somebody else"


async def test_whoever_sits_at_the_terminal_is_an_admin(database: Database) -> None:
    book = await Grants(database).book()
    assert book.is_admin(Account(platform="terminal", user_id="me"), None)
    assert not book.has_admin, "which does not spare the first start's code"


async def test_a_grant_is_seen_at_once_and_written_down_with_who_gave_it(database: Database) -> None:
    grants = Grants(database)
    await grants.book()
    boss = await People(database).resolve(author(telegram("1")), now=NOW)
    await grants.give(Privilege.ALLOWED, Kind.PERSON, str(ANA), by=boss.id, now=NOW)
    assert (await grants.book()).is_allowed(ANA, None)
    deed = (await Audit(database).last(limit=1))[0]
    assert (deed.person, deed.action, deed.detail) == (boss.id, "give allowed", "person telegram:7")


async def test_granting_twice_is_granting_once(database: Database) -> None:
    grants = Grants(database)
    for _ in range(2):
        await grants.give(Privilege.ADMIN, Kind.PERSON, str(ANA), by=None, now=NOW)
    assert len(await grants.listed(Privilege.ADMIN)) == 1


async def test_a_ban_takes_the_place_of_being_allowed_and_back(database: Database) -> None:
    grants = Grants(database)
    await grants.give(Privilege.ALLOWED, Kind.PERSON, str(ANA), by=None, now=NOW)
    await grants.give(Privilege.BANNED, Kind.PERSON, str(ANA), by=None, now=NOW)
    book = await grants.book()
    assert book.is_banned(ANA, None)
    assert not book.is_allowed(ANA, None)
    await grants.give(Privilege.ALLOWED, Kind.PERSON, str(ANA), by=None, now=NOW)
    assert not (await grants.book()).is_banned(ANA, None)


async def test_linked_accounts_share_what_each_of_them_may(database: Database) -> None:
    people = People(database)
    grants = Grants(database, admins=["telegram:7"])
    ana = await people.resolve(author(ANA), now=NOW)
    other = await people.resolve(author(HER_DISCORD), now=NOW)
    await people.merge(kept=ana.id, absorbed=other.id, now=NOW)
    assert (await grants.book()).is_admin(HER_DISCORD, await people.find(HER_DISCORD))
    await people.unlink(HER_DISCORD, now=NOW)
    assert not (await grants.book()).is_admin(HER_DISCORD, await people.find(HER_DISCORD))


async def test_a_ban_on_one_account_bans_the_person_on_all(database: Database) -> None:
    people, grants = People(database), Grants(database)
    ana = await people.resolve(author(ANA), now=NOW)
    other = await people.resolve(author(HER_DISCORD), now=NOW)
    await people.merge(kept=ana.id, absorbed=other.id, now=NOW)
    await grants.give(Privilege.BANNED, Kind.PERSON, str(ANA), by=None, now=NOW)
    assert (await grants.book()).is_banned(HER_DISCORD, await people.find(HER_DISCORD))


async def test_what_the_settings_grant_no_command_takes_away(database: Database) -> None:
    grants = Grants(database, admins=["telegram:7"])
    assert not await grants.take(Privilege.ADMIN, Kind.PERSON, "telegram:7", by=None, now=NOW)
    listed = await grants.listed(Privilege.ADMIN)
    assert [(each.subject, each.configured) for each in listed] == [("telegram:7", True)]


async def test_a_grant_taken_back_is_gone(database: Database) -> None:
    grants = Grants(database)
    await grants.give(Privilege.ALLOWED, Kind.CHAT, "telegram:-1", by=None, now=NOW)
    assert await grants.take(Privilege.ALLOWED, Kind.CHAT, "telegram:-1", by=None, now=NOW)
    assert not (await grants.book()).holds(Privilege.ALLOWED, Kind.CHAT, ["telegram:-1"])
    assert not await grants.take(Privilege.ALLOWED, Kind.CHAT, "telegram:-1", by=None, now=NOW)

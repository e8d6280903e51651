cli-recall-none = Nothing is remembered about that.
cli-forget-sure = Forget everything { $who } ever said? It cannot be undone.
cli-forgot = ✓ Forgotten: { $turns ->
    [one] one turn
   *[other] { $turns } turns
 }, and { $answers ->
    [one] one answer
   *[other] { $answers } answers
 }.
cli-paired = ✓ { $name } ({ $account }) may talk to Martín now.
cli-import-scope = { $scope }: { $new } new, { $known } known
cli-imported = Turns imported from { $formats }: { $new }, in { $seconds } s ({ $rate } turns/s).
cli-import-would = Turns that would be imported from { $formats }: { $new }. Nothing was written.
cli-import-left-out = Left out: { $skipped }.

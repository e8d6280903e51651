cli-recall-none = No recuerdo nada de eso.
cli-forget-sure = ¿Olvido todo lo que dijo { $who }? No se puede deshacer.
cli-forgot = ✓ Olvidado: { $turns ->
    [one] una cosa que dijo
   *[other] { $turns } cosas que dijo
 } y { $answers ->
    [one] una respuesta
   *[other] { $answers } respuestas
 }.
cli-paired = ✓ { $name } ({ $account }) ya puede hablar con Martín.
cli-import-scope = { $scope }: nuevos, { $new }; ya conocidos, { $known }
cli-imported = Turnos importados de { $formats }: { $new }, en { $seconds } s ({ $rate } por segundo).
cli-import-would = Turnos que se importarían de { $formats }: { $new }. No se ha escrito nada.
cli-import-left-out = Se queda fuera: { $skipped }.
